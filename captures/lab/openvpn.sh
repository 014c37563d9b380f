# OpenVPN scenarios: OpenVPN 2.6 on both ends. Sourced by `run`.

SCENARIOS=(
  udp-plain udp-tls-auth-md5 udp-tls-auth-sha1 udp-tls-auth-sha224 udp-tls-auth-sha256 udp-tls-auth-sha384 udp-tls-auth-sha512 udp-tls-crypt udp-tls-crypt-v2
  tcp-plain tcp-tls-auth-sha1 tcp-tls-auth-sha256 tcp-tls-auth-sha512 tcp-tls-crypt tcp-tls-crypt-v2
  udp-plain-v6 udp-tls-crypt-v6 tcp-tls-auth-v6 udp-port-53 udp-port-443 udp-port-high tcp-port-443 tcp-port-443-tls-crypt tcp-port-80
  udp-rekey-plain udp-rekey-tls-crypt tcp-rekey udp-force-cookie udp-unanswered udp-unanswered-tls-auth udp-unanswered-tls-crypt
  udp-unanswered-tls-crypt-v2 udp-unanswered-closed udp-wrong-key udp-wrong-tls-crypt-key tcp-wrong-key tcp-unanswered
  udp-lost-reset udp-lost-answer tcp-segments tcp-segments-tls-crypt tcp-http-proxy tcp-http-proxy-tls-crypt tcp-socks udp-socks
  udp-data-v1 udp-p2p udp-big-certificates tcp-big-certificates udp-tls13-only udp-tls12 udp-cbc udp-burst tcp-burst udp-two-clients
  udp-reconnect udp-same-port udp-fragment udp-explicit-exit udp-float
  tcp-joined-plain tcp-joined-tls-auth tcp-joined-tls-crypt tcp-joined-segments udp-old-tls-crypt tcp-old-tls-crypt udp-old-tls-auth tcp-proxy-v1 tcp-proxy-v2 tcp-proxy-v2-ipv6
)

CRYPTO=() # options that both ends share, set by the scenario
EXTRA_SERVER=()
EXTRA_CLIENT=()
CLOCK=() # a command before each daemon's that gives it another time

# A chain of its own for every scenario: RSA of 2048 bits unless told, root → (intermediate) → server and client.
make_certificates() {
  local bits=${1:-2048}
  (
    cd "$WORK"
    umask 077
    openssl req -x509 -newkey "rsa:$bits" -nodes -keyout ca.key -out ca.crt -days 3650 -subj /CN=lab-ca -addext keyUsage=keyCertSign,cRLSign
    printf 'basicConstraints=CA:TRUE\nkeyUsage=keyCertSign,cRLSign\n' >ca.ext
    local issuer=ca
    if ((bits > 2048)); then
      openssl req -newkey "rsa:$bits" -nodes -keyout middle.key -out middle.csr -subj /CN=lab-middle
      openssl x509 -req -in middle.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile ca.ext -out middle.crt
      issuer=middle
    fi
    local name usage
    for name in server client; do
      usage=${name}Auth
      printf 'basicConstraints=CA:FALSE\nkeyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=%s\n' "$usage" >leaf.ext
      openssl req -newkey "rsa:$bits" -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=lab-$name"
      openssl x509 -req -in "$name.csr" -CA "$issuer.crt" -CAkey "$issuer.key" -CAcreateserial -days 3650 -extfile leaf.ext -out "$name.crt"
      [[ $issuer == ca ]] || cat middle.crt >>"$name.crt"
    done
  ) >"$WORK/certificates.log" 2>&1
}

# The control channel's protection, by the name of the variant: fills SERVER_KEYS and CLIENT_KEYS.
make_keys() {
  SERVER_KEYS=()
  CLIENT_KEYS=()
  case $1 in
    plain) ;;
    tls-auth)
      openvpn --genkey secret "$WORK/ta.key"
      SERVER_KEYS=(--tls-auth ta.key 0 --auth "$2")
      CLIENT_KEYS=(--tls-auth ta.key 1 --auth "$2")
      ;;
    tls-crypt)
      openvpn --genkey secret "$WORK/tc.key"
      SERVER_KEYS=(--tls-crypt tc.key)
      CLIENT_KEYS=(--tls-crypt tc.key)
      ;;
    tls-crypt-v2)
      openvpn --genkey tls-crypt-v2-server "$WORK/v2s.key"
      openvpn --tls-crypt-v2 "$WORK/v2s.key" --genkey tls-crypt-v2-client "$WORK/v2c.key"
      SERVER_KEYS=(--tls-crypt-v2 v2s.key "${@:2}")
      CLIENT_KEYS=(--tls-crypt-v2 v2c.key)
      ;;
  esac
}

transport_name() { # udp|tcp client|server
  local family=4
  [[ $SERVER == *:* ]] && family=6
  case $1$2 in udp*) echo "udp$family" ;; tcpclient) echo "tcp$family-client" ;; tcpserver) echo "tcp$family-server" ;; esac
}

# vpn_server udp|tcp PORT: starts the server and waits until it is ready
vpn_server() {
  local network=10.8.$((RANDOM % 200 + 1)).0
  [[ ${INNER:-} ]] && network=$INNER
  GATEWAY=${network%.0}.1
  spawn server server "${CLOCK[@]}" openvpn --cd "$WORK" --dev tun --dev-type tun --server "$network" 255.255.255.0 --topology subnet --dh none --proto "$(transport_name "$1" server)" --port "$2" \
    --ca ca.crt --cert server.crt --key server.key --verb 3 --keepalive 10 60 --local "$SERVER" "${SERVER_KEYS[@]}" "${EXTRA_SERVER[@]}"
  SERVER_PID=$LAST_PID
  wait_for server 'Initialization Sequence Completed'
}

# vpn_client udp|tcp PORT LOCAL_PORT [LOG]: starts a client; does not wait
vpn_client() {
  local log=${4:-client} bind=()
  if [[ $3 == any ]]; then bind=(--nobind); else bind=(--bind --local "$CLIENT" --lport "$3"); fi
  spawn "$log" client "${CLOCK[@]}" openvpn --cd "$WORK" --client --dev tun --dev-type tun --proto "$(transport_name "$1" client)" --remote "$SERVER" "$2" "${bind[@]}" --ca ca.crt --cert client.crt \
    --key client.key --remote-cert-tls server --verb 3 --connect-retry 1 2 "${CLIENT_KEYS[@]}" "${EXTRA_CLIENT[@]}"
  CLIENT_PID=$LAST_PID
}

up() { wait_for "${1:-client}" 'Initialization Sequence Completed' "${2:-20}"; }
ping_tunnel() { client ping -q -n -W 2 "$@" "$GATEWAY" >/dev/null; }

# session FILE udp|tcp CLIENT SERVER SERVER_PORT CLIENT_PORT VARIANT [variant arguments]: one whole session
session() {
  local file=$1 transport=$2 port=$5 local_port=$6
  VARIANT=$7
  link_up "$3" "$4"
  [[ -e $WORK/ca.crt ]] || make_certificates "${BITS:-2048}"
  make_keys "${@:7}"
  vpn_server "$transport" "$port"
  capture "$file" not arp
  vpn_client "$transport" "$port" "$local_port"
  up
  ping_tunnel -c "${PINGS:-5}" -i 0.2
  "${DURING:-true}"
  stop "$CLIENT_PID"
  capture_end
}

whole() { # FILE TRANSPORT SERVER_PORT CLIENT_PORT CATEGORY TEXT
  about "$1" "$5" "$6"
  positive "$1" "$2" "$CLIENT" "$4" "$SERVER" "$3" openvpn "$VARIANT" confirmed "$5"
}

suspect() { # FILE TRANSPORT SERVER_PORT CLIENT_PORT VARIANT CONDITION TEXT
  about "$1" "$6" "$7"
  positive "$1" "$2" "$CLIENT" "$4" "$SERVER" "$3" openvpn "$5" suspected "$6"
}

# Partial views of a finished session: each direction alone, and for UDP what is left without control packets.
views() { # FILE TRANSPORT SERVER_PORT CLIENT_PORT
  derive "$1-client-only" "$1" src host "$CLIENT"
  suspect "$1-client-only" "$2" "$3" "$4" "$VARIANT" one-way-client "The session of $1, only the client's direction."
  derive "$1-server-only" "$1" src host "$SERVER"
  suspect "$1-server-only" "$2" "$3" "$4" "$VARIANT" one-way-server "The session of $1, only the server's direction."
}

DATA_ONLY='udp[8] & 0xf8 = 0x48 or udp[8] & 0xf8 = 0x30'

scenario_udp_plain() {
  PINGS=15
  session udp-plain udp 192.0.2.30 198.51.100.20 1194 40001 plain
  whole udp-plain udp 1194 40001 handshake "UDP, no protection of the control channel; handshake, 15 pings, exit."
  views udp-plain udp 1194 40001
  derive udp-midstream udp-plain "$DATA_ONLY"
  suspect udp-midstream udp 1194 40001 data midstream "The session of udp-plain from the middle: data packets (DATA_V2) of both directions only."
  derive udp-midstream-client-only udp-plain "($DATA_ONLY) and src host $CLIENT"
  suspect udp-midstream-client-only udp 1194 40001 data midstream "Data packets of the client's direction only."
  derive udp-resets-only udp-plain -c 2 'udp[8] = 0x38 or udp[8] = 0x40'
  whole udp-resets-only udp 1194 40001 handshake "The two resets of a session, nothing else: the client's session id is echoed."
}

tls_auth() { # FILE TRANSPORT CLIENT SERVER SERVER_PORT CLIENT_PORT DIGEST
  session "$1" "$2" "$3" "$4" "$5" "$6" tls-auth "$7"
  whole "$1" "$2" "$5" "$6" handshake "${2^^}, tls-auth with HMAC $7."
}

scenario_udp_tls_auth_md5() { tls_auth udp-tls-auth-md5 udp 192.0.2.31 198.51.100.21 1194 40002 MD5; }
scenario_udp_tls_auth_sha224() { tls_auth udp-tls-auth-sha224 udp 100.64.2.24 203.0.113.19 1194 40034 SHA224; }
scenario_udp_tls_auth_sha256() { tls_auth udp-tls-auth-sha256 udp 192.0.2.33 203.0.113.20 1194 40004 SHA256; }
scenario_udp_tls_auth_sha384() { tls_auth udp-tls-auth-sha384 udp 192.0.2.34 203.0.113.21 1194 40005 SHA384; }
scenario_tcp_tls_auth_sha1() { tls_auth tcp-tls-auth-sha1 tcp 192.0.2.41 198.51.100.23 1194 41002 SHA1; }
scenario_tcp_tls_auth_sha256() { tls_auth tcp-tls-auth-sha256 tcp 192.0.2.42 203.0.113.24 1194 41003 SHA256; }
scenario_tcp_tls_auth_v6() { tls_auth tcp-tls-auth-v6 tcp 2001:db8:1::42 2001:db8:2::24 1194 41103 SHA256; }

scenario_udp_tls_auth_sha1() {
  PINGS=10
  tls_auth udp-tls-auth-sha1 udp 192.0.2.32 198.51.100.22 1194 40003 SHA1
  views udp-tls-auth-sha1 udp 1194 40003
}

scenario_udp_tls_auth_sha512() {
  tls_auth udp-tls-auth-sha512 udp 192.0.2.35 203.0.113.22 1194 40006 SHA512
  views udp-tls-auth-sha512 udp 1194 40006
}

scenario_tcp_tls_auth_sha512() {
  tls_auth tcp-tls-auth-sha512 tcp 192.0.2.43 203.0.113.25 1194 41004 SHA512
  views tcp-tls-auth-sha512 tcp 1194 41004
}

scenario_udp_tls_crypt() {
  PINGS=10
  session udp-tls-crypt udp 192.0.2.36 198.51.100.24 1194 40007 tls-crypt
  whole udp-tls-crypt udp 1194 40007 handshake "UDP, tls-crypt."
  views udp-tls-crypt udp 1194 40007
  derive udp-tls-crypt-midstream udp-tls-crypt "$DATA_ONLY"
  suspect udp-tls-crypt-midstream udp 1194 40007 data midstream "The session of udp-tls-crypt from the middle: data packets of both directions only."
}

scenario_udp_tls_crypt_v2() {
  PINGS=10
  session udp-tls-crypt-v2 udp 192.0.2.37 198.51.100.25 1194 40008 tls-crypt-v2 allow-noncookie
  whole udp-tls-crypt-v2 udp 1194 40008 handshake "UDP, tls-crypt-v2 (the wrapped key in the first packet)."
  views udp-tls-crypt-v2 udp 1194 40008
}

scenario_udp_force_cookie() {
  session udp-force-cookie udp 192.0.2.38 203.0.113.26 1194 40009 tls-crypt-v2 force-cookie
  whole udp-force-cookie udp 1194 40009 handshake "UDP, tls-crypt-v2 with force-cookie: the server answers statelessly, the wrapped key comes again in CONTROL_WKC_V1."
  views udp-force-cookie udp 1194 40009
}

scenario_tcp_plain() {
  PINGS=10
  session tcp-plain tcp 192.0.2.40 198.51.100.20 1194 41001 plain
  whole tcp-plain tcp 1194 41001 handshake "TCP, no protection of the control channel."
  views tcp-plain tcp 1194 41001
}

scenario_tcp_tls_crypt() {
  session tcp-tls-crypt tcp 192.0.2.44 198.51.100.24 1194 41005 tls-crypt
  whole tcp-tls-crypt tcp 1194 41005 handshake "TCP, tls-crypt."
  views tcp-tls-crypt tcp 1194 41005
}

scenario_tcp_tls_crypt_v2() {
  session tcp-tls-crypt-v2 tcp 192.0.2.45 198.51.100.25 1194 41006 tls-crypt-v2 allow-noncookie
  whole tcp-tls-crypt-v2 tcp 1194 41006 handshake "TCP, tls-crypt-v2."
}

plain_session() { # FILE TRANSPORT CLIENT SERVER SERVER_PORT CLIENT_PORT TEXT
  session "${@:1:6}" plain
  whole "$1" "$2" "$5" "$6" handshake "$7"
}

scenario_udp_plain_v6() { plain_session udp-plain-v6 udp 2001:db8:1::30 2001:db8:2::20 1194 40101 "UDP over IPv6."; }
scenario_udp_port_53() { plain_session udp-port-53 udp 100.64.4.4 203.0.113.53 53 40102 "UDP, server on port 53."; }
scenario_udp_port_443() { plain_session udp-port-443 udp 192.0.2.46 203.0.113.43 443 40103 "UDP, server on port 443."; }
scenario_udp_port_high() { plain_session udp-port-high udp 192.0.2.47 198.51.100.99 29761 52013 "UDP, both ends on high ports."; }
scenario_tcp_port_443() { plain_session tcp-port-443 tcp 192.0.2.48 203.0.113.43 443 41102 "TCP, server on port 443."; }
scenario_tcp_port_80() { plain_session tcp-port-80 tcp 100.64.4.5 198.51.100.80 80 41104 "TCP, server on port 80."; }

scenario_tcp_port_443_tls_crypt() {
  session tcp-port-443-tls-crypt tcp 192.0.2.49 203.0.113.44 443 41105 tls-crypt
  whole tcp-port-443-tls-crypt tcp 443 41105 handshake "TCP, tls-crypt, server on port 443."
}

scenario_udp_tls_crypt_v6() {
  session udp-tls-crypt-v6 udp 2001:db8:1::36 2001:db8:2::36 443 40107 tls-crypt
  whole udp-tls-crypt-v6 udp 443 40107 handshake "UDP over IPv6, tls-crypt, server on port 443."
}

rekeying() { ping_tunnel -c 13 -i 1; }

rekey() { # FILE TRANSPORT CLIENT SERVER CLIENT_PORT VARIANT TEXT
  EXTRA_SERVER=(--reneg-sec 5)
  EXTRA_CLIENT=(--reneg-sec 5)
  DURING=rekeying
  PINGS=2
  session "$1" "$2" "$3" "$4" 1194 "$5" "$6"
  whole "$1" "$2" 1194 "$5" rekey "$7"
}

scenario_udp_rekey_plain() { rekey udp-rekey-plain udp 192.0.2.50 198.51.100.20 40010 plain "New keys every five seconds: SOFT_RESETs and key ids 1, 2 on the same flow; OpenVPN 2.6 protects the later control packets with a tls-crypt key of its own, so they look like tls-crypt although the session began in plain."; }
scenario_udp_rekey_tls_crypt() { rekey udp-rekey-tls-crypt udp 192.0.2.51 198.51.100.24 40011 tls-crypt "New keys every five seconds under tls-crypt."; }
scenario_tcp_rekey() { rekey tcp-rekey tcp 192.0.2.52 198.51.100.20 41011 plain "New keys every five seconds over TCP."; }

unanswered() { # FILE CLIENT SERVER CLIENT_PORT VARIANT DIGEST TEXT
  link_up "$2" "$3"
  make_certificates
  make_keys "$5" ${6:+"$6"}
  drop server udp
  capture "$1" not arp
  EXTRA_CLIENT=(--connect-retry-max 1)
  vpn_client udp 1194 "$4"
  sleep 9
  stop "$CLIENT_PID"
  capture_end
  suspect "$1" udp 1194 "$4" "$5" unanswered "$7"
}

scenario_udp_unanswered() {
  unanswered udp-unanswered 192.0.2.53 198.51.100.60 40012 plain '' "A silent server: the client's reset again and again (14 octets, one session id), no answer."
  derive udp-single-reset udp-unanswered -c 1 udp
  suspect udp-single-reset udp 1194 40012 plain unanswered "One single reset of a client."
}
scenario_udp_unanswered_tls_auth() { unanswered udp-unanswered-tls-auth 192.0.2.54 198.51.100.61 40013 tls-auth SHA1 "A silent server, tls-auth with SHA1: resets of 42 octets with rising packet ids."; }
scenario_udp_unanswered_tls_crypt() { unanswered udp-unanswered-tls-crypt 192.0.2.55 203.0.113.60 40014 tls-crypt '' "A silent server, tls-crypt: resets of 54 octets."; }
scenario_udp_unanswered_tls_crypt_v2() { unanswered udp-unanswered-tls-crypt-v2 192.0.2.56 203.0.113.61 40015 tls-crypt-v2 '' "A silent server, tls-crypt-v2: resets with the wrapped key."; }

scenario_udp_unanswered_closed() {
  link_up 192.0.2.57 203.0.113.62
  make_certificates
  make_keys plain
  capture udp-unanswered-closed not arp
  vpn_client udp 1194 40016
  sleep 7
  stop "$CLIENT_PID"
  capture_end
  suspect udp-unanswered-closed udp 1194 40016 plain unanswered "The server's port is closed: resets answered by ICMP errors that quote them."
}

wrong_key() { # FILE TRANSPORT CLIENT SERVER CLIENT_PORT VARIANT DIGEST TEXT
  link_up "$3" "$4"
  make_certificates
  make_keys "$6" ${7:+"$7"}
  local key=${SERVER_KEYS[1]}
  mv "$WORK/$key" "$WORK/server-$key"
  SERVER_KEYS[1]=server-$key
  vpn_server "$2" 1194
  openvpn --genkey secret "$WORK/$key" # another key for the client
  capture "$1" not arp
  vpn_client "$2" 1194 "$5"
  sleep "${8:-8}"
  stop "$CLIENT_PID"
  capture_end
}

scenario_udp_wrong_key() {
  wrong_key udp-wrong-key udp 192.0.2.58 198.51.100.62 40017 tls-auth SHA256
  suspect udp-wrong-key udp 1194 40017 tls-auth unanswered "The server has another tls-auth key and keeps silent: only the client's resets."
}

scenario_udp_wrong_tls_crypt_key() {
  wrong_key udp-wrong-tls-crypt-key udp 192.0.2.59 198.51.100.63 40018 tls-crypt ''
  suspect udp-wrong-tls-crypt-key udp 1194 40018 tls-crypt unanswered "The server has another tls-crypt key and keeps silent: only the client's resets."
}

scenario_tcp_wrong_key() {
  wrong_key tcp-wrong-key tcp 192.0.2.60 198.51.100.64 41018 tls-auth SHA1 2
  suspect tcp-wrong-key tcp 1194 41018 tls-auth unanswered "TCP: the server has another tls-auth key and closes the connection after the client's reset."
}

scenario_tcp_unanswered() {
  link_up 192.0.2.61 203.0.113.63
  make_certificates
  make_keys plain
  spawn sink server socat -u TCP-LISTEN:1194,reuseaddr /dev/null
  listening server tcp 1194
  capture tcp-unanswered not arp
  vpn_client tcp 1194 41019
  sleep 8
  stop "$CLIENT_PID"
  capture_end
  suspect tcp-unanswered tcp 1194 41019 plain unanswered "TCP: the connection is accepted, but nothing ever answers the client's resets."
}

scenario_udp_lost_reset() {
  link_up 192.0.2.62 198.51.100.20
  make_certificates
  make_keys plain
  vpn_server udp 1194
  capture_at server eth0 udp-lost-reset-all not arp
  vpn_client udp 1194 40019
  up
  ping_tunnel -c 4 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  derive udp-lost-reset udp-lost-reset-all 'udp[8] != 0x38'
  rm "$WORK/udp-lost-reset-all.pcap"
  VARIANT=plain
  whole udp-lost-reset udp 1194 40019 lost-reset "The client's reset is missing from the file; the server's reset still echoes its session id."
}

scenario_udp_lost_answer() {
  link_up 192.0.2.63 198.51.100.20
  make_certificates
  make_keys plain
  vpn_server udp 1194
  # The first answers of the server are lost on the way to the client, so the client's reset comes again.
  drop client udp sport 1194
  capture_at server eth0 udp-lost-answer not arp
  vpn_client udp 1194 40020
  sleep 5
  drop_end client
  up client 40
  ping_tunnel -c 3 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  VARIANT=plain
  whole udp-lost-answer udp 1194 40020 handshake "The server's first answers never reach the client: resets of both sides come several times."
}

# Segments of at most 88 octets both ways.
small_segments() {
  client ip route replace "$SERVER" dev eth0 advmss 88
  server ip route replace "$CLIENT" dev eth0 advmss 88
}

segmented() { # FILE CLIENT SERVER PORT CLIENT_PORT VARIANT TEXT
  link_up "$2" "$3"
  make_certificates
  make_keys "${@:6:1}"
  VARIANT=$6
  small_segments
  vpn_server tcp "$4"
  capture "$1" not arp
  vpn_client tcp "$4" "$5"
  up
  ping_tunnel -c 3 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  whole "$1" tcp "$4" "$5" segments "$7"
}

scenario_tcp_segments() { segmented tcp-segments 192.0.2.64 198.51.100.20 1194 41020 plain "TCP in segments of at most 88 octets: packets and their length fields are split over segments."; }
scenario_tcp_segments_tls_crypt() { segmented tcp-segments-tls-crypt 192.0.2.65 198.51.100.24 443 41021 tls-crypt "The same with tls-crypt on port 443."; }

# The client reaches the server through a proxy that runs on a second address of the server's namespace. The
# recorded link carries client → proxy; the way from the proxy to the server stays on the loopback device.
proxied() { # FILE VARIANT TEXT PROXY_PORT
  VARIANT=$2
  make_certificates
  make_keys "$2"
  vpn_server tcp 1194
  capture "$1" not arp
  vpn_client tcp 1194 any
  up
  ping_tunnel -c 4 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  about "$1" proxy "$3"
  positive "$1" tcp "$CLIENT" '?' 203.0.113.80 "$4" openvpn "$2" confirmed proxy
}

start_http_proxy() {
  server ip addr add 203.0.113.80/32 dev eth0
  client ip route add 203.0.113.80 dev eth0
  cat >"$WORK/tinyproxy.conf" <<CONF
Port 8080
Listen 203.0.113.80
Timeout 600
MaxClients 20
Allow 0.0.0.0/0
ConnectPort 1194
DisableViaHeader Yes
CONF
  spawn tinyproxy server tinyproxy -d -c "$WORK/tinyproxy.conf"
  listening server tcp 8080
  EXTRA_CLIENT=(--http-proxy 203.0.113.80 8080)
}

start_socks_proxy() {
  server ip addr add 203.0.113.80/32 dev eth0
  client ip route add 203.0.113.80 dev eth0
  spawn microsocks server microsocks -i 203.0.113.80 -p 1080
  listening server tcp 1080
  EXTRA_CLIENT=(--socks-proxy 203.0.113.80 1080)
}

scenario_tcp_http_proxy() {
  link_up 192.0.2.66 198.51.100.20
  start_http_proxy
  proxied tcp-http-proxy plain "TCP through an HTTP proxy (tinyproxy): the session follows a CONNECT exchange." 8080
}

scenario_tcp_http_proxy_tls_crypt() {
  link_up 192.0.2.67 198.51.100.24
  start_http_proxy
  proxied tcp-http-proxy-tls-crypt tls-crypt "TCP with tls-crypt through an HTTP proxy." 8080
}

scenario_tcp_socks() {
  link_up 192.0.2.68 198.51.100.20
  start_socks_proxy
  proxied tcp-socks plain "TCP through a SOCKS5 proxy (microsocks)." 1080
}

scenario_udp_socks() {
  command -v danted >/dev/null || { echo "udp-socks: danted is missing (apt-get install dante-server)" >&2; return 1; }
  link_up 192.0.2.69 198.51.100.20
  server ip addr add 203.0.113.80/32 dev eth0
  client ip route add 203.0.113.80 dev eth0
  cat >"$WORK/danted.conf" <<CONF
logoutput: stderr
internal: 203.0.113.80 port = 1080
external: 198.51.100.20
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
CONF
  spawn danted server danted -f "$WORK/danted.conf" -p "$WORK/danted.pid"
  listening server tcp 1080
  EXTRA_CLIENT=(--socks-proxy 203.0.113.80 1080)
  make_certificates
  make_keys plain
  vpn_server udp 1194
  capture udp-socks not arp
  vpn_client udp 1194 40021
  up
  ping_tunnel -c 4 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  about udp-socks proxy "UDP through a SOCKS5 proxy (dante): each datagram behind the ten octets of a SOCKS UDP header; the TCP flow carries only the association."
  positive udp-socks udp "$CLIENT" '?' 203.0.113.80 '?' openvpn plain confirmed socks-udp
}

scenario_udp_data_v1() {
  # Without pushed options there is no peer id, so data packets have the old opcode.
  link_up 192.0.2.70 198.51.100.26
  make_certificates
  make_keys plain
  GATEWAY=10.7.1.1
  spawn server server openvpn --cd "$WORK" --dev tun --dev-type tun --tls-server --dh none --proto udp4 --port 1194 --local "$SERVER" --ca ca.crt --cert server.crt --key server.key \
    --ifconfig 10.7.1.1 10.7.1.2 --compat-mode 2.3.0 --data-ciphers AES-256-CBC --data-ciphers-fallback AES-256-CBC --cipher AES-256-CBC --verb 3 --ping 2
  capture udp-data-v1 not arp
  spawn client client openvpn --cd "$WORK" --dev tun --dev-type tun --tls-client --proto udp4 --remote "$SERVER" 1194 --bind --local "$CLIENT" --lport 40022 --ca ca.crt --cert client.crt \
    --key client.key --ifconfig 10.7.1.2 10.7.1.1 --compat-mode 2.3.0 --data-ciphers AES-256-CBC --data-ciphers-fallback AES-256-CBC --cipher AES-256-CBC --verb 3 --ping 2
  CLIENT_PID=$LAST_PID
  up
  ping_tunnel -c 10 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  VARIANT=plain
  whole udp-data-v1 udp 1194 40022 handshake "TLS between two peers without pushed options (as 2.3 did): data packets have the old opcode (DATA_V1) and CBC."
  derive udp-data-v1-midstream udp-data-v1 "$DATA_ONLY"
  suspect udp-data-v1-midstream udp 1194 40022 data undecidable "Only the DATA_V1 packets of that session, both directions: no peer id and nothing in clear after the first octet, so no honest observer can tell."
}

scenario_udp_p2p() {
  link_up 192.0.2.71 198.51.100.27
  make_certificates
  make_keys tls-auth SHA256
  GATEWAY=10.7.2.1
  spawn server server openvpn --cd "$WORK" --dev tun --dev-type tun --tls-server --dh none --proto udp4 --port 1194 --local "$SERVER" --ca ca.crt --cert server.crt --key server.key \
    --ifconfig 10.7.2.1 10.7.2.2 --verb 3 --ping 2 "${SERVER_KEYS[@]}"
  capture udp-p2p not arp
  spawn client client openvpn --cd "$WORK" --dev tun --dev-type tun --tls-client --proto udp4 --remote "$SERVER" 1194 --bind --local "$CLIENT" --lport 1194 --ca ca.crt --cert client.crt \
    --key client.key --ifconfig 10.7.2.2 10.7.2.1 --verb 3 --ping 2 "${CLIENT_KEYS[@]}"
  CLIENT_PID=$LAST_PID
  up
  ping_tunnel -c 5 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  VARIANT=tls-auth
  whole udp-p2p udp 1194 1194 handshake "TLS between two peers, port 1194 on both sides, tls-auth with SHA256."
}

scenario_udp_big_certificates() {
  BITS=4096
  plain_session udp-big-certificates udp 192.0.2.72 198.51.100.28 1194 40023 "Certificates of 4096 bits with an intermediate: the TLS handshake takes many control packets."
}

scenario_tcp_big_certificates() {
  BITS=4096
  session tcp-big-certificates tcp 192.0.2.73 198.51.100.28 1194 41023 tls-crypt
  whole tcp-big-certificates tcp 1194 41023 handshake "TCP, tls-crypt, certificates of 4096 bits with an intermediate."
}

scenario_udp_tls13_only() {
  EXTRA_SERVER=(--tls-version-min 1.3)
  plain_session udp-tls13-only udp 100.64.7.7 198.51.100.20 1194 40024 "TLS 1.3 only."
}

scenario_udp_tls12() {
  EXTRA_CLIENT=(--tls-version-max 1.2)
  session udp-tls12 udp 100.64.7.8 198.51.100.22 1194 40025 tls-auth SHA1
  whole udp-tls12 udp 1194 40025 handshake "TLS 1.2, tls-auth with SHA1."
}

scenario_udp_cbc() {
  EXTRA_SERVER=(--data-ciphers AES-256-CBC --auth SHA256)
  EXTRA_CLIENT=(--data-ciphers AES-256-CBC --auth SHA256)
  PINGS=10
  plain_session udp-cbc udp 192.0.2.74 203.0.113.27 1194 40026 "Data channel with CBC and HMAC: no packet id in clear in the data packets."
  derive udp-cbc-midstream udp-cbc "$DATA_ONLY"
  suspect udp-cbc-midstream udp 1194 40026 data midstream-cbc "Only the data packets of that session, both directions: constant peer id, but no packet id in clear."
}

transfer() {
  spawn iperf server iperf3 -s -1 -B "$GATEWAY"
  listening server tcp 5201
  client iperf3 -c "$GATEWAY" -n 120K >/dev/null
}

scenario_udp_burst() {
  DURING=transfer
  session udp-burst udp 192.0.2.75 198.51.100.20 1194 40027 plain
  whole udp-burst udp 1194 40027 handshake "A TCP transfer of 120 kB through the tunnel (iperf3)."
  excerpt udp-burst-midstream udp-burst 90 81
  VARIANT=data
  suspect udp-burst-midstream udp 1194 40027 data midstream "81 packets from the middle of that transfer."
}

scenario_tcp_burst() {
  DURING=transfer
  session tcp-burst tcp 192.0.2.76 198.51.100.24 1194 41027 tls-crypt
  whole tcp-burst tcp 1194 41027 handshake "TCP, tls-crypt, a transfer of 120 kB through the tunnel (iperf3)."
}

scenario_udp_two_clients() {
  link_up 192.0.2.78 198.51.100.20
  make_certificates
  make_keys plain
  EXTRA_SERVER=(--duplicate-cn)
  vpn_server udp 1194
  capture udp-two-clients not arp
  vpn_client udp 1194 40028
  up
  client ip addr add 192.0.2.79/32 dev eth0
  server ip route add 192.0.2.79 dev eth0
  CLIENT=192.0.2.79 vpn_client udp 1194 40028 second
  up second
  sleep 2
  capture_end
  VARIANT=plain
  whole udp-two-clients udp 1194 40028 handshake "Two clients of one server, one after the other, from the same port."
  positive udp-two-clients udp 192.0.2.79 40028 198.51.100.20 1194 openvpn plain confirmed handshake
}

scenario_udp_reconnect() {
  link_up 192.0.2.80 198.51.100.24
  make_certificates
  make_keys tls-crypt
  vpn_server udp 1194
  capture udp-reconnect not arp
  vpn_client udp 1194 40029
  up
  stop "$CLIENT_PID" KILL
  vpn_client udp 1194 40029 second
  up second 40
  ping_tunnel -c 3 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  VARIANT=tls-crypt
  whole udp-reconnect udp 1194 40029 handshake "The client is ended without a farewell and connects again from the same port: a second session on one flow."
}

scenario_udp_same_port() { plain_session udp-same-port udp 192.0.2.81 203.0.113.28 1194 1194 "Port 1194 on both sides."; }

scenario_udp_fragment() {
  EXTRA_SERVER=(--fragment 500 --mssfix 0)
  EXTRA_CLIENT=(--fragment 500 --mssfix 0)
  DURING=big_pings
  session udp-fragment udp 192.0.2.82 198.51.100.20 1194 40030 plain
  whole udp-fragment udp 1194 40030 handshake "OpenVPN's own fragmentation of data packets (--fragment 500)."
}
big_pings() { ping_tunnel -c 3 -i 0.2 -s 1300; }

scenario_udp_explicit_exit() {
  EXTRA_CLIENT=(--explicit-exit-notify 2)
  plain_session udp-explicit-exit udp 192.0.2.83 203.0.113.29 4500 40031 "Server on UDP port 4500 (a port of IPsec), with a farewell of the client."
}

scenario_udp_float() {
  # A new source port by an address translation in between, in the middle of the session.
  link_up 192.0.2.84 198.51.100.24
  make_certificates
  make_keys tls-crypt
  vpn_server udp 1194
  capture udp-float not arp
  vpn_client udp 1194 40032
  up
  ping_tunnel -c 4 -i 0.2
  translate "$CLIENT_NS" udp dport 1194 snat to 192.0.2.84:47000
  ping_tunnel -c 4 -i 0.2 || true
  stop "$CLIENT_PID"
  capture_end
  VARIANT=tls-crypt
  whole udp-float udp 1194 40032 roaming "UDP, tls-crypt; a translator gives the client a new port in the middle (40032, then 47000): the second flow has data packets only, with the peer id of the first."
  positive udp-float udp "$CLIENT" 47000 "$SERVER" 1194 openvpn data suspected roaming
}

# shellcheck source=openvpn-joined.sh
source "$LAB/openvpn-joined.sh"
