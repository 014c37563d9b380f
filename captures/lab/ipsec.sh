# IPsec scenarios: strongSwan on both ends, ike-scan for probes nobody answers, scapy for native ESP and AH (there is no
# IPsec in the kernel that the lab was made on, and strongSwan's userspace ESP always travels in UDP). Sourced by `run`.

SCENARIOS=(
  ikev2-psk ikev2-cert ikev2-eap ikev2-v6 ikev2-port-500 ikev2-port-500-v6 ikev2-fragments ikev2-ip-fragments ikev2-ip-fragments-v6 ikev2-rekey ikev2-dpd ikev2-odd-ports
  ikev2-aes-gcm ikev2-invalid-ke ikev2-cookie ikev2-auth-failed ikev2-no-proposal ikev2-burst ikev2-mobike ikev2-nat ikev2-two-children ikev2-esp-null
  ikev1-main-psk ikev1-main-cert ikev1-aggressive ikev1-xauth ikev1-rekey ikev1-v6 ikev1-port-500 ikev1-fragments ikev1-odd-ports
  ikev2-unanswered ikev1-unanswered ikev2-unanswered-closed ike-scan-main ike-scan-aggressive ike-scan-v2 ike-scan-answered ike-scan-4500 nmap-500
  esp ah esp-v6 ah-v6 esp-one-packet ah-one-packet esp-several esp-one-way esp-null esp-ah-nested esp-fragments
  esp-interleaved esp-udp-esn esp-udp-null-transport
  ikev2-lenient ikev2-session-resume ikev2-cisco-fragments ikev1-base ikev2-response-first
)

PLUGINS='random nonce openssl aes des sha1 sha2 md5 hmac kdf gmp curve25519 x509 pubkey pem pkcs1 pkcs8 constraints revocation'
TAIL_PLUGINS='socket-default vici updown eap-identity eap-mschapv2 md4 xauth-generic'
CHARON_MORE=()   # lines for both daemons' charon section
CLIENT_CHARON='' # lines for the client's only
LIBIPSEC=kernel-libipsec

# charon client|server: one daemon with its own configuration and control socket
charon() {
  local side=$1 folder=$WORK/$1 more=''
  [[ $side == client ]] && more=$CLIENT_CHARON
  mkdir -p "$folder"/{x509,x509ca,private}
  cat >"$folder/strongswan.conf" <<CONF
charon-systemd {
  journal { default = -1 }
}
charon {
  load_modular = no
  load = $PLUGINS $LIBIPSEC kernel-netlink $TAIL_PLUGINS
  install_routes = yes
  retransmit_tries = 3
  retransmit_timeout = 1.5
  filelog {
    stderr { default = 1 }
  }
  $(printf '%s\n' "${CHARON_MORE[@]}")
  $more
  plugins {
    vici { socket = unix://$folder/vici }
  }
}
charon-systemd {
  load_modular = no
  load = $PLUGINS $LIBIPSEC kernel-netlink $TAIL_PLUGINS
  retransmit_tries = 3
  retransmit_timeout = 1.5
  filelog {
    stderr { default = 1 }
  }
  $(printf '%s\n' "${CHARON_MORE[@]}")
  $more
  plugins {
    vici { socket = unix://$folder/vici }
  }
}
CONF
  spawn "charon-$side" "$side" env STRONGSWAN_CONF="$folder/strongswan.conf" SWANCTL_DIR="$folder" charon-systemd
  declare -g "CHARON_${side^^}=$LAST_PID"
  local tenths=100
  until [[ -S $folder/vici ]]; do
    ((tenths-- > 0)) || { echo "$SCENARIO: charon ($side) did not start" >&2; tail -n 5 "$WORK/charon-$side.log" >&2; return 1; }
    sleep 0.1
  done
}

control() { # client|server swanctl arguments…
  local side=$1
  shift
  "$side" env STRONGSWAN_CONF="$WORK/$side/strongswan.conf" SWANCTL_DIR="$WORK/$side" swanctl "$@" --uri "unix://$WORK/$side/vici"
}

# Certificates for both ends, of $1 bits, with an intermediate authority when $2 is given.
make_certificates() {
  local bits=${1:-2048} middle=${2:-}
  (
    cd "$WORK"
    umask 077
    openssl req -x509 -newkey "rsa:$bits" -nodes -keyout ca.key -out ca.crt -days 3650 -subj '/O=Sluice lab/CN=root' -addext keyUsage=keyCertSign,cRLSign
    printf 'basicConstraints=CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n' >ca.ext
    local issuer=ca side
    if [[ $middle ]]; then
      openssl req -newkey "rsa:$bits" -nodes -keyout middle.key -out middle.csr -subj '/O=Sluice lab/CN=middle'
      openssl x509 -req -in middle.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile ca.ext -out middle.crt
      issuer=middle
    fi
    for side in client server; do
      mkdir -p "$side"/{x509,x509ca,private}
      printf 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:%s.example\nextendedKeyUsage=serverAuth,clientAuth\n' "$side" >leaf.ext
      openssl req -newkey "rsa:$bits" -nodes -keyout "$side/private/key.pem" -out leaf.csr -subj "/O=Sluice lab/CN=$side.example"
      openssl x509 -req -in leaf.csr -CA "$issuer.crt" -CAkey "$issuer.key" -CAcreateserial -days 3650 -extfile leaf.ext -out "$side/x509/own.pem"
      cp ca.crt "$side/x509ca/"
      [[ $middle ]] && cp middle.crt "$side/x509ca/"
    done
    true
  ) >"$WORK/certificates.log" 2>&1
}

# Settings that a scenario changes before `configure`.
VERSION=2
AUTH=psk            # psk, cert, eap, xauth
CONNECTION=''       # further lines of the connection
CHILD=''            # further lines of the child
CHILDREN=''         # further children
PROPOSALS='aes128-sha256-x25519'
CLIENT_PROPOSALS='' # when the client proposes something else
SERVER_CONNECTION=''
CLIENT_CONNECTION=''
CLIENT_SECRET=lab-secret-one

configure_side() { # client|server
  local side=$1 own peer own_id peer_id own_ts peer_ts local_auth remote_auth more proposals=$PROPOSALS secret=lab-secret-one
  if [[ $side == client ]]; then
    own=$CLIENT peer=$SERVER own_id=client.example peer_id=server.example own_ts=$CLIENT_TS peer_ts=$SERVER_TS more=$CLIENT_CONNECTION secret=$CLIENT_SECRET
    [[ $CLIENT_PROPOSALS ]] && proposals=$CLIENT_PROPOSALS
  else
    own=$SERVER peer=$CLIENT own_id=server.example peer_id=client.example own_ts=$SERVER_TS peer_ts=$CLIENT_TS more=$SERVER_CONNECTION
  fi
  case $AUTH in
    psk) local_auth="local { auth = psk
 id = $own_id }" remote_auth="remote { auth = psk
 id = $peer_id }" ;;
    cert) local_auth="local { auth = pubkey
 certs = own.pem
 id = $own_id }" remote_auth="remote { auth = pubkey
 id = $peer_id }" ;;
    eap)
      if [[ $side == client ]]; then
        local_auth="local { auth = eap-mschapv2
 eap_id = alice
 id = $own_id }" remote_auth="remote { auth = pubkey
 id = $peer_id }"
      else
        local_auth="local { auth = pubkey
 certs = own.pem
 id = $own_id }" remote_auth="remote { auth = eap-mschapv2
 eap_id = %any
 id = $peer_id }"
      fi ;;
    xauth)
      local_auth="local { auth = psk
 id = $own_id }" remote_auth="remote { auth = psk
 id = $peer_id }"
      if [[ $side == client ]]; then
        local_auth+="
 local-xauth { auth = xauth
 xauth_id = alice }"
      else
        remote_auth+="
 remote-xauth { auth = xauth }"
      fi ;;
  esac
  cat >"$WORK/$side/swanctl.conf" <<CONF
connections {
  tunnel {
    version = $VERSION
    local_addrs = ${LOCAL_ADDRESS:-$own}
    remote_addrs = $( [[ $side == server && ${ANY_PEER:-} ]] && echo %any || echo "$peer")
    proposals = $proposals
    $CONNECTION
    $more
    $local_auth
    $remote_auth
    children {
      net {
        local_ts = $own_ts
        remote_ts = $peer_ts
        esp_proposals = ${ESP:-aes128-sha256}
        $CHILD
      }
      ${CHILDREN//@side@/$side}
    }
  }
}
secrets {
  ike-one { secret = "$secret" }
  eap-alice {
    id = alice
    secret = lab-secret-two
  }
}
CONF
  control "$side" --load-all --file "$WORK/$side/swanctl.conf" >"$WORK/load-$side.log" 2>&1
}

inner_addresses() { # the protected addresses, on the loopback device of each end
  if [[ $CLIENT == *:* ]]; then
    CLIENT_TS=2001:db8:a::1/128 SERVER_TS=2001:db8:b::1/128
  else
    CLIENT_TS=10.1.0.1/32 SERVER_TS=10.2.0.1/32
  fi
  client ip addr add "$CLIENT_TS" dev lo
  server ip addr add "$SERVER_TS" dev lo
}

# begin FILE CLIENT SERVER: link, daemons, configuration, capture
begin() {
  local file=$1
  link_up "$2" "$3"
  inner_addresses
  case $AUTH in cert | eap) make_certificates "${BITS:-2048}" "${MIDDLE:-}" ;; esac
  charon server
  charon client
  configure_side server
  configure_side client
  capture "$file" ${NO_ARP-not arp and not icmp6}
}

start() { control client --initiate --child "${1:-net}" >"$WORK/initiate.log" 2>&1; }
start_ike() { control client --initiate --ike tunnel >"$WORK/initiate.log" 2>&1; }
ping_tunnel() { client ping -q -n -W 2 -I "${CLIENT_TS%/*}" "$@" "${SERVER_TS%/*}" >/dev/null; }
terminate() { control client --terminate --ike tunnel >/dev/null 2>&1 || true; }

# both FILE VARIANT STAGE CATEGORY: IKE on 500 and IKE with ESP on 4500
both() {
  positive "$1" udp "$CLIENT" "${P500:-500}" "$SERVER" "${S500:-500}" ipsec "$2" "$3" "$4"
  positive "$1" udp "$CLIENT" "${P4500:-4500}" "$SERVER" "${S4500:-4500}" ipsec "$2" "$3" "$4"
}
only_500() { positive "$1" udp "$CLIENT" "${P500:-500}" "$SERVER" 500 ipsec "$2" "$3" "$4"; }

tunnel() { # FILE CLIENT SERVER VARIANT TEXT: one whole tunnel with pings
  begin "$1" "$2" "$3"
  start
  ping_tunnel -c "${PINGS:-4}" -i 0.2
  "${DURING:-true}"
  terminate
  capture_end
  about "$1" "${CATEGORY:-handshake}" "$5"
  both "$1" "$4" confirmed "${CATEGORY:-handshake}"
}

scenario_ikev2_psk() {
  PINGS=12
  tunnel ikev2-psk 192.0.2.100 198.51.100.100 ikev2 "IKEv2 with a preshared key: IKE_SA_INIT on 500, IKE_AUTH, ESP in UDP and the farewell on 4500."
  local name
  for name in client server; do
    derive "ikev2-$name-only" ikev2-psk src host "$([[ $name == client ]] && echo "$CLIENT" || echo "$SERVER")"
    about "ikev2-$name-only" "one-way-$name" "The same tunnel, only the $name's direction."
    both "ikev2-$name-only" ikev2 suspected one-way
  done
  derive ikev2-esp-midstream ikev2-psk 'udp port 4500 and udp[8:4] != 0'
  about ikev2-esp-midstream midstream "The same tunnel from the middle: only ESP in UDP, both directions, 12 packets each way."
  positive ikev2-esp-midstream udp "$CLIENT" 4500 "$SERVER" 4500 ipsec esp-in-udp confirmed midstream
  derive ikev2-esp-client-only ikev2-psk "udp port 4500 and udp[8:4] != 0 and src host $CLIENT"
  about ikev2-esp-client-only one-way-midstream "Only the client's ESP in UDP."
  positive ikev2-esp-client-only udp "$CLIENT" 4500 "$SERVER" 4500 ipsec esp-in-udp suspected midstream
  derive ikev2-4500-only ikev2-psk 'udp port 4500'
  about ikev2-4500-only midstream "Only port 4500: IKE_AUTH behind the non-ESP marker, ESP, the farewell; the exchange on 500 is missing."
  positive ikev2-4500-only udp "$CLIENT" 4500 "$SERVER" 4500 ipsec ikev2 confirmed handshake
  derive ikev2-init-only ikev2-psk 'udp port 500'
  about ikev2-init-only handshake "Only IKE_SA_INIT: request and response on port 500."
  only_500 ikev2-init-only ikev2 confirmed handshake
}

scenario_ikev2_cert() {
  AUTH=cert
  tunnel ikev2-cert 192.0.2.101 203.0.113.100 ikev2 "IKEv2 with certificates."
}

scenario_ikev2_eap() {
  AUTH=eap
  tunnel ikev2-eap 192.0.2.102 203.0.113.100 ikev2 "IKEv2 with EAP-MSCHAPv2 for the client and a certificate of the server."
}

scenario_ikev2_v6() { tunnel ikev2-v6 2001:db8:1::100 2001:db8:2::100 ikev2 "IKEv2 and ESP in UDP over IPv6."; }

port_500() { # FILE CLIENT SERVER TEXT
  LIBIPSEC=''
  CONNECTION=$'childless = force\nmobike = no'
  begin "$1" "$2" "$3"
  start_ike
  sleep 1
  terminate
  capture_end
  about "$1" handshake "$4"
  only_500 "$1" ikev2 confirmed handshake
}

scenario_ikev2_port_500() {
  port_500 ikev2-port-500 192.0.2.103 198.51.100.101 "A childless IKEv2 session that stays on port 500."
  derive ikev2-port-500-midstream ikev2-port-500 'udp[26] != 34'
  about ikev2-port-500-midstream midstream "The same session without IKE_SA_INIT: IKE_AUTH and INFORMATIONAL, both directions."
  only_500 ikev2-port-500-midstream ikev2 confirmed midstream
}
scenario_ikev2_port_500_v6() { port_500 ikev2-port-500-v6 2001:db8:1::103 2001:db8:2::101 "A childless IKEv2 session over IPv6 that stays on port 500."; }

scenario_ikev2_fragments() {
  AUTH=cert
  CONNECTION='fragmentation = force'
  CHARON_MORE=('fragment_size = 600')
  tunnel ikev2-fragments 192.0.2.104 203.0.113.101 ikev2 "IKE_AUTH in IKE fragments (RFC 7383) of 600 octets."
}

scenario_ikev2_ip_fragments() {
  AUTH=cert BITS=4096 MIDDLE=yes
  CONNECTION='fragmentation = no'
  CATEGORY=ip-fragments
  tunnel ikev2-ip-fragments 192.0.2.105 203.0.113.102 ikev2 "Certificates of 4096 bits with an intermediate and no IKE fragmentation: IKE_AUTH travels in IP fragments."
}

scenario_ikev2_ip_fragments_v6() {
  AUTH=cert BITS=4096 MIDDLE=yes
  CONNECTION='fragmentation = no'
  CATEGORY=ip-fragments
  tunnel ikev2-ip-fragments-v6 2001:db8:1::105 2001:db8:2::102 ikev2 "The same over IPv6, with fragment extension headers."
}

scenario_ikev2_rekey() {
  CONNECTION=$'rekey_time = 6s\nover_time = 20s\nrand_time = 0s'
  CHILD=$'rekey_time = 4s\nlife_time = 20s\nrand_time = 0s'
  DURING=long_pings
  CATEGORY=rekey
  tunnel ikev2-rekey 192.0.2.106 198.51.100.102 ikev2 "Short lifetimes: new keys for the IKE SA (new SPIs) and for the ESP SAs on the same flow."
}
long_pings() { ping_tunnel -c 15 -i 0.8 || true; }

scenario_ikev2_dpd() {
  CONNECTION='dpd_delay = 2s'
  DURING=idle
  tunnel ikev2-dpd 192.0.2.107 198.51.100.103 ikev2 "Dead peer detection: empty INFORMATIONAL exchanges every two seconds."
}
idle() { sleep 7; }

scenario_ikev2_odd_ports() {
  # The server listens on other ports; the client calls its NAT-T port and uses random ones itself.
  link_up 192.0.2.108 203.0.113.103
  inner_addresses
  CHARON_MORE=('port = 5500' 'port_nat_t = 14500')
  charon server
  CHARON_MORE=('port = 0' 'port_nat_t = 0')
  charon client
  CLIENT_CONNECTION='remote_port = 14500'
  configure_side server
  configure_side client
  capture ikev2-odd-ports not arp
  start
  ping_tunnel -c 4 -i 0.2
  terminate
  capture_end
  about ikev2-odd-ports odd-ports "IKEv2 and ESP in UDP with the server on port 14500 and the client on random ports (one socket for IKE_SA_INIT, one from IKE_AUTH on); all of it behind the non-ESP marker."
  positive ikev2-odd-ports udp 192.0.2.108 '?1' 203.0.113.103 14500 ipsec ikev2 confirmed odd-ports
  positive ikev2-odd-ports udp 192.0.2.108 '?2' 203.0.113.103 14500 ipsec ikev2 confirmed odd-ports
}

scenario_ikev1_odd_ports() {
  VERSION=1
  link_up 192.0.2.128 203.0.113.128
  inner_addresses
  CHARON_MORE=('port = 6500' 'port_nat_t = 16500')
  charon server
  CHARON_MORE=('port = 0' 'port_nat_t = 0')
  charon client
  CLIENT_CONNECTION='remote_port = 16500'
  configure_side server
  configure_side client
  capture ikev1-odd-ports not arp
  start
  ping_tunnel -c 4 -i 0.2
  terminate
  capture_end
  about ikev1-odd-ports odd-ports "IKEv1 main mode and ESP in UDP with the server on port 16500 and the client on random ports (it changes sockets in the middle of main mode, so two flows)."
  positive ikev1-odd-ports udp 192.0.2.128 '?1' 203.0.113.128 16500 ipsec ikev1-main confirmed odd-ports
  positive ikev1-odd-ports udp 192.0.2.128 '?2' 203.0.113.128 16500 ipsec ikev1-main confirmed odd-ports
}

scenario_ikev2_aes_gcm() {
  PROPOSALS=aes256gcm16-prfsha384-ecp384
  ESP=aes256gcm16
  tunnel ikev2-aes-gcm 192.0.2.109 198.51.100.104 ikev2 "AES-GCM for IKE and ESP, ECP 384."
}

scenario_ikev2_invalid_ke() {
  CLIENT_PROPOSALS=aes128-sha256-modp2048-x25519
  PROPOSALS=aes128-sha256-x25519
  tunnel ikev2-invalid-ke 192.0.2.110 198.51.100.105 ikev2 "The client guesses the wrong group: INVALID_KE_PAYLOAD (responder SPI zero), then IKE_SA_INIT once more."
}

scenario_ikev2_cookie() {
  CHARON_MORE=('cookie_threshold = 1' 'cookie_threshold_ip = 1')
  link_up 192.0.2.111 198.51.100.106
  inner_addresses
  charon server
  charon client
  configure_side server
  configure_side client
  # A request whose answer is lost leaves the server with a half-open session: from then on it asks for cookies.
  drop client udp
  spawn first client env STRONGSWAN_CONF="$WORK/client/strongswan.conf" swanctl --initiate --child net --timeout 1 --uri "unix://$WORK/client/vici"
  sleep 1
  stop "$CHARON_CLIENT"
  rm -f "$WORK/client/vici"
  drop_end client
  charon client
  configure_side client
  capture ikev2-cookie not arp
  start
  ping_tunnel -c 4 -i 0.2
  terminate
  capture_end
  [[ $(tcpdump -n -r "$WORK/ikev2-cookie.pcap" 'udp port 500' 2>/dev/null | wc -l) -ge 4 ]] || { echo 'ikev2-cookie: the server asked for no cookie' >&2; return 1; }
  about ikev2-cookie handshake "The server asks for a COOKIE (a message whose responder SPI is zero) before it answers; IKE_SA_INIT comes twice."
  both ikev2-cookie ikev2 confirmed handshake
}

scenario_ikev2_auth_failed() {
  CLIENT_SECRET=something-else
  begin ikev2-auth-failed 192.0.2.112 198.51.100.107
  start || true
  sleep 0.5
  capture_end
  about ikev2-auth-failed handshake "Different preshared keys: IKE_AUTH is refused, no tunnel comes up."
  both ikev2-auth-failed ikev2 confirmed handshake
}

scenario_ikev2_no_proposal() {
  CLIENT_PROPOSALS=aes256-sha512-modp4096
  begin ikev2-no-proposal 192.0.2.113 198.51.100.108
  start || true
  sleep 0.5
  capture_end
  about ikev2-no-proposal refused "No common proposal: IKE_SA_INIT is answered by NO_PROPOSAL_CHOSEN, a message whose responder SPI is zero."
  only_500 ikev2-no-proposal ikev2 confirmed refused
}

scenario_ikev2_burst() {
  DURING=transfer
  tunnel ikev2-burst 192.0.2.114 203.0.113.104 ikev2 "A TCP transfer of 100 kB through the tunnel (iperf3)."
  excerpt ikev2-burst-midstream ikev2-burst 60 61
  about ikev2-burst-midstream midstream "61 packets of ESP in UDP from the middle of that transfer."
  positive ikev2-burst-midstream udp "$CLIENT" 4500 "$SERVER" 4500 ipsec esp-in-udp confirmed midstream
}
transfer() {
  spawn iperf server iperf3 -s -1 -B "${SERVER_TS%/*}"
  listening server tcp 5201
  client iperf3 -c "${SERVER_TS%/*}" -B "${CLIENT_TS%/*}" -n 100K -M 1200 >/dev/null
}

# second_child SIDE: a child of its own for a second pair of inner addresses
second_child() {
  local own=10.1.0.2/32 peer=10.2.0.2/32
  [[ $1 == server ]] && own=10.2.0.2/32 peer=10.1.0.2/32
  printf 'more { local_ts = %s\n remote_ts = %s\n esp_proposals = aes128-sha256\n rekey_time = 4s\n life_time = 20s\n rand_time = 0s\n }' "$own" "$peer"
}

scenario_ikev2_two_children() {
  link_up 192.0.2.116 198.51.100.116
  inner_addresses
  client ip addr add 10.1.0.2/32 dev lo
  server ip addr add 10.2.0.2/32 dev lo
  charon server
  charon client
  local side
  for side in server client; do
    CHILDREN=$(second_child "$side")
    configure_side "$side"
  done
  capture ikev2-two-children not arp
  start net
  start more
  client ping -q -n -W 2 -I 10.1.0.2 -c 14 -i 0.5 10.2.0.2 >"$WORK/ping.log" 2>&1 &
  local pings=$!
  ping_tunnel -c 14 -i 0.5
  wait "$pings" || true
  terminate
  capture_end
  about ikev2-two-children rekey "Two child SAs share one flow on port 4500; the second renews its keys every four seconds."
  both ikev2-two-children ikev2 confirmed rekey
  derive ikev2-two-children-midstream ikev2-two-children 'udp port 4500 and udp[8:4] != 0'
  about ikev2-two-children-midstream midstream "The same from the middle: only ESP in UDP, with several SPIs in each direction."
  positive ikev2-two-children-midstream udp "$CLIENT" 4500 "$SERVER" 4500 ipsec esp-in-udp confirmed midstream
}

scenario_ikev2_esp_null() {
  ESP=null-sha256
  PINGS=12
  tunnel ikev2-esp-null 192.0.2.117 198.51.100.117 ikev2 "IKEv2, and ESP in UDP that authenticates (HMAC-SHA2-256) and does not encrypt."
  derive ikev2-esp-null-midstream ikev2-esp-null 'udp port 4500 and udp[8:4] != 0'
  about ikev2-esp-null-midstream midstream "The same from the middle: only ESP in UDP, inner packets readable."
  positive ikev2-esp-null-midstream udp "$CLIENT" 4500 "$SERVER" 4500 ipsec esp-in-udp confirmed midstream
}

scenario_ikev2_mobike() {
  ANY_PEER=yes
  LOCAL_ADDRESS=%any
  begin ikev2-mobike 192.0.2.115 198.51.100.109
  server ip route add 100.64.30.30 dev eth0
  start
  ping_tunnel -c 4 -i 0.2
  client ip addr add 100.64.30.30/32 dev eth0
  sleep 1
  client ip route replace 198.51.100.109 dev eth0 src 100.64.30.30
  client ip addr del 192.0.2.115/32 peer 198.51.100.109/32 dev eth0
  client ip route replace 198.51.100.109 dev eth0 src 100.64.30.30
  sleep 3
  ping_tunnel -c 4 -i 0.2 || true
  terminate
  capture_end
  about ikev2-mobike mobike "The client changes its address from 192.0.2.115 to 100.64.30.30 (MOBIKE): the same SPIs go on between the new addresses."
  both ikev2-mobike ikev2 confirmed handshake
  positive ikev2-mobike udp 100.64.30.30 4500 198.51.100.109 4500 ipsec ikev2 confirmed mobike
}

scenario_ikev2_nat() {
  make_namespace "$CLIENT_NS"
  make_namespace "$SERVER_NS"
  local router=sl-$TAG-r
  make_namespace "$router"
  join "$CLIENT_NS" eth0 "$router" in0
  join "$router" out0 "$SERVER_NS" eth0 03 04
  address "$CLIENT_NS" eth0 100.64.9.9 100.64.9.1
  address "$router" in0 100.64.9.1 100.64.9.9
  address "$router" out0 192.0.2.201 198.51.100.111
  address "$SERVER_NS" eth0 198.51.100.111 192.0.2.201
  client ip route add default via 100.64.9.1
  ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=1
  translate "$router" oifname out0 udp sport 1-65535 snat to 192.0.2.201:21000-21999
  CLIENT=100.64.9.9
  SERVER=198.51.100.111
  ANY_PEER=yes
  inner_addresses
  CLIENT_CHARON='keep_alive = 2s'
  charon server
  charon client
  configure_side server
  configure_side client
  capture_at server eth0 ikev2-nat not arp
  start
  ping_tunnel -c 4 -i 0.2
  sleep 5
  terminate
  capture_end
  about ikev2-nat handshake "The client behind a router that translates addresses and ports, recorded behind the router; keepalives of one octet."
  positive ikev2-nat udp 192.0.2.201 '?' 198.51.100.111 500 ipsec ikev2 confirmed handshake
  positive ikev2-nat udp 192.0.2.201 '?' 198.51.100.111 4500 ipsec ikev2 confirmed handshake
}

scenario_ikev1_main_psk() {
  VERSION=1
  PINGS=8
  tunnel ikev1-main-psk 192.0.2.120 198.51.100.120 ikev1-main "IKEv1 main mode with a preshared key, quick mode, ESP in UDP."
  local name
  for name in client server; do
    derive "ikev1-$name-only" ikev1-main-psk src host "$([[ $name == client ]] && echo "$CLIENT" || echo "$SERVER")"
    about "ikev1-$name-only" "one-way-$name" "The same tunnel, only the $name's direction."
    both "ikev1-$name-only" ikev1-main suspected one-way
  done
}

scenario_ikev1_main_cert() {
  VERSION=1 AUTH=cert
  tunnel ikev1-main-cert 192.0.2.121 203.0.113.120 ikev1-main "IKEv1 main mode with certificates."
}

scenario_ikev1_aggressive() {
  VERSION=1
  CONNECTION='aggressive = yes'
  CHARON_MORE=('i_dont_care_about_security_and_use_aggressive_mode_psk = yes')
  tunnel ikev1-aggressive 192.0.2.122 198.51.100.121 ikev1-aggressive "IKEv1 aggressive mode with a preshared key."
}

scenario_ikev1_xauth() {
  VERSION=1 AUTH=xauth
  tunnel ikev1-xauth 192.0.2.123 198.51.100.122 ikev1-main "IKEv1 main mode, then XAUTH in a transaction exchange."
}

scenario_ikev1_rekey() {
  VERSION=1
  CONNECTION=$'rekey_time = 6s\nover_time = 20s\nrand_time = 0s'
  CHILD=$'rekey_time = 4s\nlife_time = 20s\nrand_time = 0s'
  DURING=long_pings
  CATEGORY=rekey
  tunnel ikev1-rekey 192.0.2.124 198.51.100.123 ikev1-main "IKEv1 with short lifetimes: quick modes and a second main mode on the same flow."
}

scenario_ikev1_v6() {
  VERSION=1
  tunnel ikev1-v6 2001:db8:1::125 2001:db8:2::125 ikev1-main "IKEv1 main mode over IPv6."
}

scenario_ikev1_port_500() {
  VERSION=1
  LIBIPSEC=''
  begin ikev1-port-500 192.0.2.126 198.51.100.126
  # Without ESP in the kernel the quick mode fails, but phase 1 is complete and stays on port 500.
  start || true
  sleep 1
  terminate
  capture_end
  about ikev1-port-500 handshake "IKEv1 main mode that stays on port 500; no ESP follows."
  only_500 ikev1-port-500 ikev1-main confirmed handshake
}

scenario_ikev1_fragments() {
  VERSION=1 AUTH=cert
  CONNECTION='fragmentation = force'
  CHARON_MORE=('fragment_size = 600')
  tunnel ikev1-fragments 192.0.2.127 203.0.113.127 ikev1-main "IKEv1 with certificates in IKE fragments (payload 132)."
}

unanswered() { # FILE CLIENT SERVER VARIANT TEXT
  link_up "$2" "$3"
  inner_addresses
  charon client
  configure_side client
  drop server udp
  capture "$1" not arp
  spawn initiate client env STRONGSWAN_CONF="$WORK/client/strongswan.conf" swanctl --initiate --child net --uri "unix://$WORK/client/vici"
  sleep 8
  capture_end
  about "$1" unanswered "$5"
  only_500 "$1" "$4" suspected unanswered
}

scenario_ikev2_unanswered() {
  unanswered ikev2-unanswered 192.0.2.130 198.51.100.130 ikev2 "A silent server: IKE_SA_INIT of strongSwan, repeated byte for byte."
  derive ikev2-single-init ikev2-unanswered -c 1 udp
  about ikev2-single-init unanswered "One single IKE_SA_INIT request."
  only_500 ikev2-single-init ikev2 suspected unanswered
}

scenario_ikev1_unanswered() {
  VERSION=1
  unanswered ikev1-unanswered 192.0.2.131 198.51.100.131 ikev1-main "A silent server: the first message of main mode, repeated."
}

scenario_ikev2_unanswered_closed() {
  link_up 192.0.2.132 203.0.113.130
  inner_addresses
  charon client
  configure_side client
  capture ikev2-unanswered-closed not arp
  spawn initiate client env STRONGSWAN_CONF="$WORK/client/strongswan.conf" swanctl --initiate --child net --uri "unix://$WORK/client/vici"
  sleep 5
  capture_end
  about ikev2-unanswered-closed unanswered "Port 500 of the server is closed: IKE_SA_INIT answered by ICMP errors that quote it."
  only_500 ikev2-unanswered-closed ikev2 suspected unanswered
}

scan() { # FILE CLIENT SERVER VARIANT SERVER_PORT TEXT ike-scan arguments…
  local file=$1 variant=$4 port=$5 text=$6
  link_up "$2" "$3"
  drop server udp
  capture "$file" not arp
  client ike-scan --sport=0 --dport="$port" --retry=3 --timeout=800 "${@:7}" "$SERVER" >"$WORK/ike-scan.log" 2>&1 || true
  capture_end
  about "$file" unanswered "$text"
  positive "$file" udp "$CLIENT" '?' "$SERVER" "$port" ipsec "$variant" suspected unanswered
}

scenario_ike_scan_main() { scan ike-scan-main 192.0.2.133 203.0.113.131 ikev1-main 500 "ike-scan, main mode, nobody answers."; }
scenario_ike_scan_aggressive() { scan ike-scan-aggressive 192.0.2.134 203.0.113.132 ikev1-aggressive 500 "ike-scan, aggressive mode, nobody answers." --aggressive --id=client.example; }
scenario_ike_scan_v2() { scan ike-scan-v2 192.0.2.135 203.0.113.133 ikev2 500 "ike-scan, IKEv2, nobody answers." --ikev2; }
scenario_ike_scan_4500() { scan ike-scan-4500 192.0.2.136 203.0.113.134 ikev1-main 4500 "ike-scan on port 4500 behind the non-ESP marker, nobody answers." --nat-t; }

scenario_nmap_500() {
  command -v nmap >/dev/null || { echo "nmap-500: nmap is missing ('captures/lab/run install')" >&2; return 1; }
  link_up 192.0.2.138 203.0.113.138
  drop server udp
  capture nmap-500 not arp
  client nmap -n -Pn -sU --max-retries 1 -p 500 203.0.113.138 >/dev/null
  capture_end
  about nmap-500 unanswered "nmap's probes of UDP port 500: two well-formed first messages of main mode, nobody answers."
  local first
  first=$(tcpdump -n -r "$WORK/nmap-500.pcap" udp 2>/dev/null | awk '{ split($3, part, "."); print part[5] }' | sort -u)
  local port
  for port in $first; do positive nmap-500 udp 192.0.2.138 "$port" 203.0.113.138 500 ipsec ikev1-main suspected unanswered; done
}

scenario_ike_scan_answered() {
  VERSION=1
  link_up 192.0.2.137 198.51.100.137
  inner_addresses
  charon server
  PROPOSALS=aes128-sha1-modp1024,3des-sha1-modp1024
  configure_side server
  capture ike-scan-answered not arp
  client ike-scan --sport=0 --retry=2 --timeout=800 "$SERVER" >"$WORK/ike-scan.log" 2>&1 || true
  capture_end
  about ike-scan-answered handshake "ike-scan, main mode, answered once by strongSwan with its own cookie."
  positive ike-scan-answered udp "$CLIENT" '?' "$SERVER" 500 ipsec ikev1-main confirmed handshake
}

# shellcheck source=native-ipsec.sh
source "$LAB/native-ipsec.sh"

pair_of() { # FILE PROTO CLIENT SERVER STAGE CATEGORY
  positive "$1" "$2" "$3" 0 "$4" 0 ipsec "$2" "$5" "$6"
}

scenario_esp() {
  native esp
  about esp native "Native ESP (protocol 50), AES-CBC and HMAC-SHA1-96, 12 packets each way; written by scapy, not by a daemon."
  pair_of esp esp 192.0.2.140 198.51.100.140 confirmed native
}
scenario_ah() {
  native ah
  about ah native "Native AH (protocol 51) in transport mode, HMAC-SHA1-96, 8 packets each way; written by scapy, not by a daemon."
  pair_of ah ah 192.0.2.141 198.51.100.141 confirmed native
}
scenario_esp_v6() {
  native esp-v6
  about esp-v6 native "Native ESP over IPv6, AES-GCM, 8 packets each way; written by scapy."
  pair_of esp-v6 esp 2001:db8:1::142 2001:db8:2::142 confirmed native
}
scenario_ah_v6() {
  native ah-v6
  about ah-v6 native "Native AH over IPv6, HMAC-SHA2-256-128, 6 packets each way; written by scapy."
  pair_of ah-v6 ah 2001:db8:1::143 2001:db8:2::143 confirmed native
}
scenario_esp_one_packet() {
  native esp-one-packet
  about esp-one-packet native "One single ESP packet; written by scapy."
  pair_of esp-one-packet esp 192.0.2.144 198.51.100.144 suspected native
}
scenario_ah_one_packet() {
  native ah-one-packet
  about ah-one-packet native "One single AH packet; written by scapy."
  pair_of ah-one-packet ah 192.0.2.145 198.51.100.145 suspected native
}
scenario_esp_several() {
  native esp-several
  about esp-several native "Three ESP SAs at once: two between one pair of hosts (the second replaces the first), one between another pair; written by scapy."
  pair_of esp-several esp 192.0.2.146 198.51.100.146 confirmed native
  pair_of esp-several esp 192.0.2.147 203.0.113.147 confirmed native
}
scenario_esp_one_way() {
  native esp-one-way
  about esp-one-way native "Ten ESP packets of one SPI in one direction, sequence numbers from 48211; written by scapy."
  pair_of esp-one-way esp 192.0.2.148 203.0.113.148 confirmed native
}
scenario_esp_null() {
  native esp-null
  about esp-null native "ESP without encryption (NULL cipher, HMAC-SHA1-96): ICMP readable inside; written by scapy."
  pair_of esp-null esp 192.0.2.149 203.0.113.149 confirmed native
}
scenario_esp_ah_nested() {
  native esp-ah-nested
  about esp-ah-nested native "AH around ESP between the same hosts, as an SA bundle; written by scapy."
  pair_of esp-ah-nested ah 192.0.2.150 203.0.113.150 confirmed native
}
scenario_esp_fragments() {
  native esp-fragments
  about esp-fragments ip-fragments "ESP packets of 2,000 octets in IP fragments; written by scapy."
  pair_of esp-fragments esp 192.0.2.151 203.0.113.151 confirmed native
}
scenario_esp_interleaved() {
  native esp-interleaved
  about esp-interleaved native "Two ESP tunnels between one pair of hosts in turn; written by scapy."
  pair_of esp-interleaved esp 192.0.2.152 203.0.113.152 confirmed native
}
scenario_esp_udp_esn() {
  native esp-udp-esn
  about esp-udp-esn midstream "ESP in UDP with extended sequence numbers from the middle: the lower halves are above 2^28; written by scapy."
  positive esp-udp-esn udp 192.0.2.153 4500 203.0.113.153 4500 ipsec esp-in-udp suspected midstream
}
scenario_esp_udp_null_transport() {
  native esp-udp-null-transport
  about esp-udp-null-transport midstream "ESP in UDP in transport mode without encryption: UDP and ICMP inside, check values of 12 and 16 bytes; written by scapy."
  positive esp-udp-null-transport udp 192.0.2.154 4500 203.0.113.154 4500 ipsec esp-in-udp confirmed midstream
}

# shellcheck source=handmade-ike.sh
source "$LAB/handmade-ike.sh"

handmade() { # FILE CLIENT SERVER PORT VARIANT STAGE CATEGORY TEXT
  handmade_ike "$1"
  about "$1" "$7" "$8; written by hand after the RFCs, with random keys."
  positive "$1" udp "$2" "$4" "$3" "$4" ipsec "$5" "$6" "$7"
}
scenario_ikev2_lenient() { handmade ikev2-lenient 192.0.2.155 203.0.113.155 500 ikev2 confirmed handshake "IKE_SA_INIT with what receivers ignore: a minor version, reserved flags and bits, a private payload, and 16 zeros after the message"; }
scenario_ikev2_session_resume() { handmade ikev2-session-resume 192.0.2.156 203.0.113.156 500 ikev2 confirmed handshake "IKE_SESSION_RESUME (RFC 5723): a ticket without a responder SPI, and its answer"; }
scenario_ikev2_cisco_fragments() { handmade ikev2-cisco-fragments 192.0.2.157 203.0.113.157 4500 ikev2 confirmed midstream "IKE_AUTH in payloads 132, fragments as Cisco made them before RFC 7383"; }
scenario_ikev1_base() { handmade ikev1-base 192.0.2.158 203.0.113.158 500 ikev1 confirmed handshake "The base exchange of ISAKMP (type 1)"; }
scenario_ikev2_response_first() { handmade ikev2-response-first 192.0.2.159 203.0.113.159 500 ikev2 confirmed handshake "IKE_SA_INIT whose response was captured before its request"; }
