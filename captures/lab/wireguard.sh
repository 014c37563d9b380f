# WireGuard scenarios: wireguard-go on both ends. Sourced by `run`.

SCENARIOS=(
  handshake handshake-v6 handshake-only psk port-53 port-443 port-443-v6 port-high keepalive-only rekey unanswered unanswered-wrong-key
  unanswered-closed late-server roaming-port roaming-address two-peers both-initiate cookie mtu burst inner-v6 long-session nat
)

# wg_up SIDE NAME PORT PRIVATE_KEY_FILE: one wireguard-go with a key and a listen port. Sets WG to the interface's name.
# The control sockets of all namespaces share a folder, so the interface's name carries the scenario's tag.
wg_up() {
  local side=$1 role=$2 port=$3
  WG=$role$TAG
  spawn "wg-$role" "$side" env WG_PROCESS_FOREGROUND=1 wireguard-go -f "$WG"
  local tenths=100
  until "$side" wg show "$WG" >/dev/null 2>&1; do
    ((tenths-- > 0)) || { echo "$SCENARIO: wireguard-go did not start" >&2; return 1; }
    sleep 0.1
  done
  (umask 077; wg genkey >"$WORK/$role.key")
  wg pubkey <"$WORK/$role.key" >"$WORK/$role.pub"
  "$side" wg set "$WG" listen-port "$port" private-key "$WORK/$role.key"
}

wg_inner() { # SIDE ROLE ADDRESS PEER_ADDRESS [MTU]
  "$1" ip addr add "$3" peer "$4" dev "$2$TAG"
  "$1" ip link set "$2$TAG" up mtu "${5:-1420}"
}

at_port() { [[ $1 == *:* ]] && echo "[$1]:$2" || echo "$1:$2"; }

# pair CLIENT_PORT SERVER_PORT: the usual tunnel between the two ends of the link; the client knows the server's
# endpoint, the server learns the client's.
pair() {
  wg_up client wgc "$1"
  wg_up server wgs "$2"
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" allowed-ips 0.0.0.0/0,::/0 endpoint "$(at_port "$SERVER" "$2")"
  server wg set "wgs$TAG" peer "$(<"$WORK/wgc.pub")" allowed-ips 0.0.0.0/0,::/0
  wg_inner client wgc 10.9.0.2 10.9.0.1
  wg_inner server wgs 10.9.0.1 10.9.0.2
}

ping_tunnel() { client ping -q -n -W 2 "$@" 10.9.0.1 >/dev/null; }

confirmed() { positive "$1" udp "$CLIENT" "$2" "$SERVER" "$3" wireguard standard confirmed "${4:-handshake}"; }
suspected() { positive "$1" udp "$CLIENT" "$2" "$SERVER" "$3" wireguard standard suspected "$4"; }

simple() { # FILE CLIENT SERVER CLIENT_PORT SERVER_PORT TEXT
  link_up "$2" "$3"
  pair "$4" "$5"
  capture "$1"
  ping_tunnel -c 4 -i 0.3
  capture_end
  about "$1" handshake "$6"
  confirmed "$1" "$4" "$5"
}

scenario_handshake() {
  link_up 192.0.2.10 198.51.100.7
  pair 51820 51820
  capture handshake
  ping_tunnel -c 12 -i 0.2
  capture_end
  about handshake handshake "Handshake, then 12 pings and their answers through the tunnel."
  confirmed handshake 51820 51820
  derive midstream handshake 'udp[8] = 4'
  about midstream midstream "The same session without its handshake: transport messages of both directions only."
  suspected midstream 51820 51820 midstream
  derive client-only handshake "src host $CLIENT"
  about client-only one-way-client "The same session, only the client's direction (initiation and transport)."
  suspected client-only 51820 51820 one-way
  derive server-only handshake "src host $SERVER"
  about server-only one-way-server "The same session, only the server's direction (response and transport)."
  suspected server-only 51820 51820 one-way
  derive midstream-client-only handshake "src host $CLIENT and udp[8] = 4"
  about midstream-client-only one-way-midstream "The same session, only the client's transport messages: 13 rising counters of one receiver index."
  suspected midstream-client-only 51820 51820 midstream
  derive two-messages handshake 'udp[8] = 1 or udp[8] = 2'
  about two-messages handshake "The same session, only the initiation and the response."
  confirmed two-messages 51820 51820
}

scenario_handshake_v6() { simple handshake-v6 2001:db8:1::10 2001:db8:2::7 51820 51820 "Handshake and data over IPv6."; }
scenario_port_53() { simple port-53 192.0.2.11 203.0.113.7 40123 53 "Server on UDP port 53, client on a high port."; }
scenario_port_443() { simple port-443 100.64.3.9 198.51.100.20 36211 443 "Server on UDP port 443, client in the shared address space."; }
scenario_port_443_v6() { simple port-443-v6 2001:db8:10::5 2001:db8:20::443 49152 443 "Server on UDP port 443 over IPv6."; }
scenario_port_high() { simple port-high 192.0.2.77 203.0.113.99 61001 33777 "Both ends on high ports."; }

scenario_handshake_only() {
  link_up 192.0.2.12 198.51.100.7
  pair 51820 51820
  capture handshake-only -c 6
  # One empty keepalive is what completes a handshake that carries no data.
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" persistent-keepalive 25
  sleep 1
  capture_end
  about handshake-only handshake "Handshake completed by one empty transport message (32 octets), nothing else."
  confirmed handshake-only 51820 51820
}

scenario_psk() {
  link_up 192.0.2.13 198.51.100.10
  pair 51821 51820
  (umask 077; wg genpsk >"$WORK/psk")
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" preshared-key "$WORK/psk"
  server wg set "wgs$TAG" peer "$(<"$WORK/wgc.pub")" preshared-key "$WORK/psk"
  capture psk
  ping_tunnel -c 4 -i 0.3
  capture_end
  about psk handshake "With a preshared key."
  confirmed psk 51821 51820
}

scenario_keepalive_only() {
  link_up 192.0.2.14 203.0.113.20
  pair 51820 51820
  capture keepalive-only
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" persistent-keepalive 1
  sleep 8
  capture_end
  about keepalive-only handshake "Handshake, then only keepalives of the client, one a second."
  confirmed keepalive-only 51820 51820
  derive keepalive-midstream keepalive-only 'udp[8] = 4'
  about keepalive-midstream one-way-midstream "The keepalives of the session before, without its handshake: 32 octets each, one direction."
  suspected keepalive-midstream 51820 51820 midstream
}

scenario_rekey() {
  link_up 192.0.2.15 198.51.100.7
  pair 51820 51820
  capture rekey
  ping_tunnel -c 28 -i 5
  capture_end
  about rekey rekey "140 seconds with a ping every 5 seconds: a second handshake on the same flow after 120 seconds."
  confirmed rekey 51820 51820 rekey
}

scenario_unanswered() {
  link_up 192.0.2.16 198.51.100.30
  wg_up client wgc 51820
  wg genkey | wg pubkey >"$WORK/wgs.pub"
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" allowed-ips 0.0.0.0/0 endpoint 198.51.100.30:51820
  wg_inner client wgc 10.9.0.2 10.9.0.1
  drop server udp
  capture unanswered
  ping_tunnel -c 2 -i 8 || true
  sleep 6
  capture_end
  about unanswered unanswered "A silent server: three or four initiations some five seconds apart, each with a new sender index, no answer."
  suspected unanswered 51820 51820 unanswered
  derive single-initiation unanswered -c 1 'udp'
  about single-initiation unanswered "One single initiation."
  suspected single-initiation 51820 51820 unanswered
}

scenario_unanswered_wrong_key() {
  link_up 192.0.2.17 198.51.100.31
  pair 51820 51820
  wg genkey | wg pubkey >"$WORK/other.pub"
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" remove
  client wg set "wgc$TAG" peer "$(<"$WORK/other.pub")" allowed-ips 0.0.0.0/0 endpoint 198.51.100.31:51820
  capture unanswered-wrong-key
  ping_tunnel -c 1 || true
  sleep 11
  capture_end
  about unanswered-wrong-key unanswered "A running server whose public key is another: initiations without an answer (mac1 does not fit)."
  suspected unanswered-wrong-key 51820 51820 unanswered
}

scenario_unanswered_closed() {
  link_up 100.64.8.1 203.0.113.31
  wg_up client wgc 45011
  wg genkey | wg pubkey >"$WORK/wgs.pub"
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" allowed-ips 0.0.0.0/0 endpoint 203.0.113.31:51820
  wg_inner client wgc 10.9.0.2 10.9.0.1
  capture unanswered-closed
  ping_tunnel -c 1 || true
  sleep 11
  capture_end
  about unanswered-closed unanswered "The server's port is closed: initiations answered by ICMP errors that quote them."
  suspected unanswered-closed 45011 51820 unanswered
}

scenario_late_server() {
  link_up 192.0.2.18 198.51.100.7
  pair 51820 51820
  drop server udp
  capture late-server
  client ping -q -n -c 10 -i 1 -W 1 10.9.0.1 >/dev/null &
  local pinger=$!
  PIDS+=("$pinger")
  sleep 6.5
  drop_end server
  wait "$pinger" || true
  capture_end
  about late-server handshake "The first two initiations are lost behind a filter of the server, the third is answered."
  confirmed late-server 51820 51820
}

scenario_roaming_port() {
  link_up 192.0.2.19 198.51.100.10
  pair 51820 51820
  capture roaming-port
  ping_tunnel -c 5 -i 0.2
  client wg set "wgc$TAG" listen-port 51999
  ping_tunnel -c 5 -i 0.2
  capture_end
  about roaming-port roaming "The client changes its port from 51820 to 51999 in the middle; the receiver indices stay, there is no second handshake."
  confirmed roaming-port 51820 51820
  confirmed roaming-port 51999 51820 roaming
}

scenario_roaming_address() {
  link_up 192.0.2.20 198.51.100.10
  pair 51820 51820
  capture roaming-address
  ping_tunnel -c 5 -i 0.2
  client ip addr del 192.0.2.20/32 peer 198.51.100.10/32 dev eth0
  client ip addr add 100.64.20.20/32 peer 198.51.100.10/32 dev eth0
  server ip route add 100.64.20.20 dev eth0
  # wireguard-go keeps the source address of a peer until its endpoint is set anew.
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" endpoint 198.51.100.10:51820
  ping_tunnel -c 5 -i 0.2
  capture_end
  about roaming-address roaming "The client changes its address from 192.0.2.20 to 100.64.20.20 in the middle of the session."
  confirmed roaming-address 51820 51820
  positive roaming-address udp 100.64.20.20 51820 198.51.100.10 51820 wireguard standard confirmed roaming
}

scenario_two_peers() {
  link_up 192.0.2.21 198.51.100.7
  client ip route add 203.0.113.8 dev eth0
  server ip addr add 203.0.113.8/32 dev eth0
  wg_up client wgc 51820
  wg_up server wgs 51820
  wg_up server wgt 51900
  client wg set "wgc$TAG" peer "$(<"$WORK/wgs.pub")" allowed-ips 10.9.0.1/32 endpoint 198.51.100.7:51820 \
    peer "$(<"$WORK/wgt.pub")" allowed-ips 10.9.1.1/32 endpoint 203.0.113.8:51900
  server wg set "wgs$TAG" peer "$(<"$WORK/wgc.pub")" allowed-ips 10.9.0.2/32
  server wg set "wgt$TAG" peer "$(<"$WORK/wgc.pub")" allowed-ips 10.9.0.2/32
  wg_inner client wgc 10.9.0.2 10.9.0.1
  client ip route add 10.9.1.1 dev "wgc$TAG"
  wg_inner server wgs 10.9.0.1 10.9.0.2
  capture two-peers
  ping_tunnel -c 4 -i 0.2
  # The second server answers out of its own interface once that one has the route to the client.
  server ip addr flush dev "wgs$TAG"
  wg_inner server wgt 10.9.1.1 10.9.0.2
  client ping -q -n -c 4 -i 0.2 10.9.1.1 >/dev/null
  capture_end
  about two-peers handshake "One client interface with two peers at different servers: two flows from one client port."
  confirmed two-peers 51820 51820
  positive two-peers udp 192.0.2.21 51820 203.0.113.8 51900 wireguard standard confirmed handshake
}

scenario_both_initiate() {
  link_up 192.0.2.22 203.0.113.7
  pair 51820 51820
  server wg set "wgs$TAG" peer "$(<"$WORK/wgc.pub")" endpoint 192.0.2.22:51820
  capture both-initiate
  client ping -q -n -c 3 -i 0.3 10.9.0.1 >/dev/null &
  PIDS+=($!)
  local pinger=$!
  server ping -q -n -c 3 -i 0.3 10.9.0.2 >/dev/null || true
  wait "$pinger" || true
  sleep 6
  ping_tunnel -c 3 -i 0.3 || true
  capture_end
  about both-initiate handshake "Both ends know each other's endpoint and start at the same moment: crossing initiations."
  # Which end's initiation leaves first is a race; the initiator is the sender of the first message of type 1 in the file.
  local first
  first=$(tcpdump -n -r "$WORK/both-initiate.pcap" -c 1 'udp[8] = 1' 2>/dev/null | awk '{print $3}')
  if [[ $first == 192.0.2.22.* ]]; then
    confirmed both-initiate 51820 51820
  else
    positive both-initiate udp 203.0.113.7 51820 192.0.2.22 51820 wireguard standard confirmed handshake
  fi
}

scenario_cookie() {
  link_up 192.0.2.23 198.51.100.40
  client ip addr add 192.0.2.66/32 dev eth0
  server ip route add 192.0.2.66 dev eth0
  pair 51820 51820
  # First the filter keeps the client's initiations from the server, so that one of them can be replayed as load.
  drop server udp
  capture first
  ping_tunnel -c 1 -W 1 || true
  capture_end
  client ip link set "wgc$TAG" down
  drop_end server
  capture cookie not host 192.0.2.66
  spawn load client node "$LAB/replay-load.mjs" "$WORK/first.pcap" 192.0.2.66 198.51.100.40 51820 "${LAB_LOAD_SECONDS:-7}"
  sleep 0.8
  client ip link set "wgc$TAG" up
  ping_tunnel -c 12 -i 1 || true
  capture_end
  rm "$WORK/first.pcap"
  about cookie cookie "A responder under load: initiation, cookie reply (64 octets), later an initiation with mac2 set, response, data. The load itself (a recorded initiation, replayed from another address) is left out of the file."
  confirmed cookie 51820 51820 cookie
  local replies
  replies=$(tcpdump -n -r "$WORK/cookie.pcap" 'udp[8] = 3' 2>/dev/null | wc -l)
  ((replies > 0)) || { echo "cookie: the responder was never under load" >&2; return 1; }
  # Up to and with the first cookie reply.
  local until
  until=$(tshark -n -r "$WORK/cookie.pcap" -Y 'udp.payload[0] == 3' -T fields -e frame.number 2>/dev/null | head -n 1)
  editcap -F pcap -r "$WORK/cookie.pcap" "$WORK/cookie-only.pcap" "1-$until"
  about cookie-only cookie "The beginning of the capture before: one initiation and the cookie reply that names its index, no response."
  confirmed cookie-only 51820 51820 cookie
}

scenario_mtu() {
  link_up 192.0.2.24 198.51.100.7
  pair 51820 51820
  capture mtu
  ping_tunnel -c 3 -i 0.2 -s 1392 -M do
  ping_tunnel -c 3 -i 0.2 -s 1387 -M do
  ping_tunnel -c 2 -i 0.2 -s 1500
  capture_end
  about mtu handshake "Pings as large as the tunnel's MTU: the padding is clamped, so transport messages of 1452 octets that are no multiple of 16."
  confirmed mtu 51820 51820
}

scenario_burst() {
  link_up 192.0.2.25 203.0.113.7
  pair 51820 51820
  spawn iperf server iperf3 -s -1 -B 10.9.0.1
  listening server tcp 5201
  capture burst -c 400
  client iperf3 -c 10.9.0.1 -n 150K >/dev/null
  ping_tunnel -c 2 -i 0.2
  capture_end
  about burst handshake "A TCP transfer of 150 kB through the tunnel (iperf3): the counters of one direction rise fast."
  confirmed burst 51820 51820
}

scenario_inner_v6() {
  link_up 192.0.2.26 198.51.100.20
  pair 51820 51820
  client sysctl -qw net.ipv6.conf.all.disable_ipv6=0
  server sysctl -qw net.ipv6.conf.all.disable_ipv6=0
  client ip addr add 2001:db8:9::2 peer 2001:db8:9::1 dev "wgc$TAG" nodad
  server ip addr add 2001:db8:9::1 peer 2001:db8:9::2 dev "wgs$TAG" nodad
  capture inner-v6 not ip6
  client ping -q -n -c 4 -i 0.3 2001:db8:9::1 >/dev/null
  capture_end
  about inner-v6 handshake "IPv6 inside a tunnel over IPv4."
  confirmed inner-v6 51820 51820
}

scenario_long_session() {
  link_up 100.64.1.44 198.51.100.7
  pair 51820 51820
  capture long-session -c 200
  ping_tunnel -c 100 -i 0.02 -s 200
  capture_end
  about long-session handshake "A hundred pings of 200 octets in two seconds."
  confirmed long-session 51820 51820
  excerpt midstream-late long-session 60 81
  about midstream-late midstream "81 packets from the middle of the session before: both directions, counters that do not start at zero."
  suspected midstream-late 51820 51820 midstream
}

scenario_nat() {
  # client — router with address translation — server; recorded on the far side of the router.
  make_namespace "$CLIENT_NS"
  make_namespace "$SERVER_NS"
  local router=sl-$TAG-r
  make_namespace "$router"
  join "$CLIENT_NS" eth0 "$router" in0
  join "$router" out0 "$SERVER_NS" eth0 03 04
  address "$CLIENT_NS" eth0 100.64.9.9 100.64.9.1
  address "$router" in0 100.64.9.1 100.64.9.9
  address "$router" out0 192.0.2.200 198.51.100.50
  address "$SERVER_NS" eth0 198.51.100.50 192.0.2.200
  client ip route add default via 100.64.9.1
  ip netns exec "$router" sysctl -qw net.ipv4.ip_forward=1
  translate "$router" oifname out0 udp sport 1-65535 snat to 192.0.2.200:20000-20999
  SERVER=198.51.100.50
  pair 51820 51820
  capture_at server eth0 nat
  ping_tunnel -c 4 -i 0.3
  capture_end
  about nat handshake "The client behind a router that translates addresses and ports; recorded behind the router."
  positive nat udp 192.0.2.200 '?' 198.51.100.50 51820 wireguard standard confirmed handshake
}
