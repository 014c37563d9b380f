/** The flags for policy and registry. */
import { Option } from 'commander';
import { DEFAULT_POLICY, DEFAULT_REGISTRY } from '../rules/example-rules.ts';

export function policyOption(): Option {
  return new Option('--policy <file>', 'policy to decide by').default(DEFAULT_POLICY, 'the example, rules/policy.yaml');
}

export function registryOption(): Option {
  return new Option('--registry <file>', 'registry of prefixes').default(
    DEFAULT_REGISTRY,
    'the example, rules/registry.csv',
  );
}
