/** The project's terms as pages show them. */
export const terms = {
  actions: { allow: 'Allow', throttle: 'Throttle', block: 'Block' } as Record<string, string>,
  stages: { suspected: 'Suspected', confirmed: 'Confirmed' } as Record<string, string>,
  modes: { observe: 'Observe', enforce: 'Enforce' } as Record<string, string>,
  severities: { good: 'Good', notice: 'Notice', warning: 'Warning', critical: 'Critical' } as Record<string, string>,
  protocols: { wireguard: 'WireGuard', openvpn: 'OpenVPN', ipsec: 'IPsec', '': 'None' } as Record<string, string>,
  registered: {
    none: 'Neither end',
    source: 'Source',
    destination: 'Destination',
    both: 'Both ends',
  } as Record<string, string>,
  outcomes: { forwarded: 'Forwarded', delayed: 'Delayed', dropped: 'Dropped' } as Record<string, string>,
};
