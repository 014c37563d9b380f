/** The flags that name policy and registry. */
import { fileURLToPath } from 'node:url';
import { Option } from 'commander';

/** The example rules that come with the project. */
export const DEFAULT_POLICY = fileURLToPath(new URL('../../rules/policy.yaml', import.meta.url));
export const DEFAULT_REGISTRY = fileURLToPath(new URL('../../rules/registry.csv', import.meta.url));

export function policyOption(): Option {
  return new Option('--policy <file>', 'policy to decide by').default(DEFAULT_POLICY, 'the example, rules/policy.yaml');
}

export function registryOption(): Option {
  return new Option('--registry <file>', 'registry of prefixes').default(
    DEFAULT_REGISTRY,
    'the example, rules/registry.csv',
  );
}
