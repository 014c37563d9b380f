/** Texts of signing in. */
export const signIn = {
  heading: 'With a password',
  name: 'Name',
  password: 'Password',
  in: 'Sign in',
  busy: 'Signing in…',
  out: 'Sign out',
  with: (provider: string) => `Sign in with ${provider}`,
  elsewhere: 'With another service',
  refused: (problem: string) => `You are not signed in: ${problem}.`,
  signedIn: (name: string, role: string) => `You are signed in as ${name}, ${role}.`,
  go: 'Go to the overview',
  noAccounts: 'This console has no accounts: everybody on this machine may read it, with addresses truncated.',
  howTo: 'An account is made on the machine of the daemon, by',
  forgotten: 'A forgotten password is replaced on the machine of the daemon, by',
  noAccess: (problem: string) => `This account sees nothing here: ${problem}.`,
  provider: {
    failed:
      'The other service did not sign you in. Try again, or ask those who run it; the log of the daemon says why.',
    unknown: 'The other service knows you, but has given you no role here. Ask those who run it.',
  },
  user: (name: string, role: string) => `${name} (${role})`,
  roles: { viewer: 'viewer', auditor: 'auditor', operator: 'operator' },
  readOnly: 'Reading only',
};
