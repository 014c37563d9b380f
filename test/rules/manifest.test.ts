/** Manifests, their signatures and key files. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Manifest, manifestText, parseManifest, signedBytes } from '../../src/rules/manifest.ts';
import { checkManifests, type ManifestNeeds, NO_NEEDS, type SeenFile } from '../../src/rules/manifest-check.ts';
import {
  isSignedBy,
  keyId,
  makeKeyFiles,
  type PublicKey,
  readPrivateKey,
  readPublicKeys,
  signBytes,
} from '../../src/rules/signing-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-manifest-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const HASH = 'a'.repeat(64);
const MANIFEST: Manifest = {
  manifest: 1,
  version: 7,
  created: '2026-11-28T09:00:00Z',
  policy: { bytes: 300, sha256: 'b'.repeat(64) },
  registry: { rows: 1000, bytes: 61_000, sha256: HASH },
  signatures: [],
};

describe('a manifest', () => {
  it('is parsed from its text, and signs the same bytes in any formatting', () => {
    const { manifest } = parseManifest(encode(manifestText(MANIFEST)));
    expect(manifest).toEqual(MANIFEST);
    const { signatures, registry, version, ...rest } = MANIFEST;
    const shuffled = { registry: { sha256: HASH, bytes: 61_000, rows: 1000 }, signatures, ...rest, version };
    expect(registry).toEqual(shuffled.registry);
    expect(signedBytes(parseManifest(encode(JSON.stringify(shuffled))).manifest!)).toEqual(signedBytes(MANIFEST));
    expect(new TextDecoder().decode(signedBytes(MANIFEST))).toBe(
      'sluice rules manifest\n' +
        `{"created":"2026-11-28T09:00:00Z","manifest":1,"policy":{"bytes":300,"sha256":"${'b'.repeat(64)}"},` +
        `"registry":{"bytes":61000,"rows":1000,"sha256":"${HASH}"},"version":7}`,
    );
  });

  it.each<[string, object | string, string]>([
    ['no JSON', '{', 'not JSON'],
    ['a list', '[]', 'manifest'],
    ['another form', { ...MANIFEST, manifest: 2 }, 'must be 1'],
    ['a field that is not known', { ...MANIFEST, expires: '2026-12-01T00:00:00Z' }, 'expires'],
    ['a version of 0', { ...MANIFEST, version: 0 }, 'manifest.version'],
    ['a version that is no safe number', { ...MANIFEST, version: 2 ** 60 }, 'manifest.version'],
    ['rows below 0', { ...MANIFEST, registry: { ...MANIFEST.registry, rows: -1 } }, 'manifest.registry.rows'],
    ['a hash in capitals', { ...MANIFEST, registry: { ...MANIFEST.registry, sha256: 'A'.repeat(64) } }, 'sha256'],
    ['nothing that it is about', { ...MANIFEST, policy: undefined, registry: undefined }, 'a policy, a registry'],
    ['a date without a zone', { ...MANIFEST, created: '2026-11-28' }, 'manifest.created'],
    [
      '33 signatures',
      { ...MANIFEST, signatures: Array(33).fill({ key: 'a'.repeat(16), signature: 'A'.repeat(86) + '==' }) },
      'signatures',
    ],
    [
      'a signature of 63 bytes',
      { ...MANIFEST, signatures: [{ key: 'a'.repeat(16), signature: 'A'.repeat(84) }] },
      '64 bytes',
    ],
    ['too much', ' '.repeat(70_000), '70000 bytes'],
  ])('with %s is refused', (_what, value, expected) => {
    const { manifest, problems } = parseManifest(encode(typeof value === 'string' ? value : JSON.stringify(value)));
    expect(manifest).toBeNull();
    expect(problems.join('\n')).toContain(expected);
  });
});

describe('a key', () => {
  const file = join(folder, 'alice.key');
  const id = makeKeyFiles(file);

  it('is a file that only its owner may read, and never overwrites another', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(() => makeKeyFiles(file)).toThrow('never overwritten');
    expect(readPrivateKey(file).id).toBe(id);
    expect(readPublicKeys(`${file}.pub`).map((key) => key.id)).toEqual([id]);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o601])('is refused with mode %o', (mode) => {
    const open = join(folder, `open-${mode}`);
    writeFileSync(open, readFileSync(file), { mode: 0o600 });
    chmodSync(open, mode);
    expect(() => readPrivateKey(open)).toThrow(`mode 0${mode.toString(8)}`);
  });

  it('is read from files of OpenSSL (RFC 8032, section 7.1, test 1)', () => {
    // Seed 9d61b19d…7f60 as PKCS #8, and its public key.
    const der = Buffer.from(
      '302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'hex',
    );
    const rfc = join(folder, 'rfc8032.key');
    writeFileSync(rfc, `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`, {
      mode: 0o600,
    });
    const key = readPrivateKey(rfc);
    const signature = signBytes(new Uint8Array(0), key);
    expect(Buffer.from(signature, 'base64').toString('hex')).toBe(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
        '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    );
    const publicKey = createPublicKey(key.key);
    expect(publicKey.export({ format: 'jwk' }).x).toBe(
      Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString('base64url'),
    );
    expect(verify(null, new Uint8Array(0), publicKey, Buffer.from(signature, 'base64'))).toBe(true);
  });

  it('is refused where it is of another type, private instead of public, or not a key', () => {
    const rsa = join(folder, 'rsa.pub');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(rsa, publicKey.export({ type: 'spki', format: 'pem' }));
    expect(() => readPublicKeys(rsa)).toThrow('Ed25519 is needed');
    expect(() => readPublicKeys(file)).toThrow('has a private key');
    expect(() => readPublicKeys(join(folder, 'nothing'))).toThrow('cannot read the key');
    writeFileSync(join(folder, 'text'), 'text', { mode: 0o600 });
    expect(() => readPublicKeys(join(folder, 'text'))).toThrow('has no key');
    expect(() => readPrivateKey(join(folder, 'text'))).toThrow('not an Ed25519 key');
  });
});

function freshKey(): PublicKey & { readonly pair: PublicKey } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const id = keyId(publicKey);
  return { id, key: publicKey, pair: { id, key: privateKey } };
}

describe('files with a manifest', () => {
  const registry = join(folder, 'registry.csv');
  const policy = join(folder, 'policy.yaml');
  const seen: SeenFile[] = [
    { kind: 'policy', path: policy, name: 'policy.yaml', bytes: 300, rows: null, sha256: 'b'.repeat(64) },
    { kind: 'registry', path: registry, name: 'registry.csv', bytes: 61_000, rows: 1000, sha256: HASH },
  ];
  const [alice, bob, mallory] = [freshKey(), freshKey(), freshKey()] as const;
  const write = (manifest: Manifest, path = registry): void => {
    writeFileSync(`${path}.manifest.json`, manifestText(manifest));
  };
  const signed = (...keys: { readonly pair: PublicKey }[]): Manifest => ({
    ...MANIFEST,
    signatures: keys.map(({ pair }) => ({ key: pair.id, signature: signBytes(signedBytes(MANIFEST), pair) })),
  });
  const problems = async (files: readonly SeenFile[], needs: ManifestNeeds = NO_NEEDS): Promise<string[]> =>
    (await checkManifests(files, needs)).problems.map(({ kind, message }) => `${kind} ${message}`);

  it('are accepted where they match it', async () => {
    write(MANIFEST);
    expect(await problems(seen)).toEqual([]);
    expect(await problems(seen, { ...NO_NEEDS, required: true })).toEqual([]);
  });

  it('are refused with the expected and the actual rows, bytes and hashes where they do not match', async () => {
    write(MANIFEST);
    const cut = { ...seen[1]!, rows: 950, bytes: 58_000, sha256: 'c'.repeat(64) };
    expect(await problems([seen[0]!, cut])).toEqual([
      `registry does not match the manifest registry.csv.manifest.json (version 7): rows expected 1000, seen 950; bytes expected 61000, seen 58000; sha256 expected ${HASH}, seen ${'c'.repeat(64)}`,
    ]);
    // The manifest also describes the policy.
    expect(await problems([{ ...seen[0]!, sha256: 'd'.repeat(64) }, seen[1]!])).toHaveLength(1);
  });

  it('are refused without one where it is required', async () => {
    const other = { ...seen[0]!, path: join(folder, 'other.yaml'), name: 'other.yaml' };
    write({ ...MANIFEST, policy: undefined });
    expect(await problems([other, seen[1]!])).toEqual([]);
    expect(await problems([other, seen[1]!], { ...NO_NEEDS, required: true })).toEqual([
      'policy has no manifest (other.yaml.manifest.json), and one is required',
    ]);
    write({ ...MANIFEST, registry: undefined });
    expect(await problems([seen[1]!])).toEqual([
      'registry its manifest registry.csv.manifest.json does not describe it',
    ]);
  });

  it('need the required number of signatures by different known keys', async () => {
    const keys = [alice, bob];
    const one = { required: true, keys, signatures: 1 };
    const two = { required: true, keys, signatures: 2 };
    write(MANIFEST);
    expect(await problems(seen, one)).toEqual(['registry its manifest needs 1 signatures by known keys, and has 0']);
    write(signed(alice));
    expect(await problems(seen, one)).toEqual([]);
    expect(await problems(seen, two)).toHaveLength(1);
    write(signed(alice, alice));
    expect(await problems(seen, two)).toHaveLength(1);
    write(signed(alice, mallory));
    expect((await problems(seen, two))[0]).toContain(`has 1 (${alice.id}); ${mallory.id} is not a known key`);
    write(signed(alice, bob, mallory));
    expect(await problems(seen, two)).toEqual([]);
    expect((await checkManifests(seen, two)).found[0]!.signedBy).toEqual([alice.id, bob.id]);
  });

  it('are refused for one invalid signature among valid ones', async () => {
    const good = signed(alice, bob);
    write({ ...good, version: 8 });
    expect((await problems(seen, { required: true, keys: [alice, bob], signatures: 1 }))[0]).toContain('is not valid');
    write({ ...good, signatures: [good.signatures[0]!, { ...good.signatures[0]!, key: bob.id }] });
    expect((await problems(seen, { required: true, keys: [alice, bob], signatures: 1 }))[0]).toContain(bob.id);
    expect(isSignedBy(signedBytes(MANIFEST), good.signatures[0]!.signature, bob)).toBe(false);
  });

  it('are refused where the manifest is garbage', async () => {
    writeFileSync(`${registry}.manifest.json`, 'garbage');
    expect(await problems(seen)).toEqual([
      'registry its manifest registry.csv.manifest.json cannot be used: the manifest is not JSON in UTF-8',
    ]);
  });
});
