# Programs that are no VPN Sluice looks for, on their own ports and on VPN ports, and hand-made look-alikes
# (lookalikes.mjs). Sourced by `run`.

SCENARIOS=(
  dns-udp dns-tcp dns-port-1194 dns-port-500 dns-port-51820 dns-port-4500 dns-tcp-port-1194 dns-ids dns-ids-tcp dns-v6
  tls-443 tls-port-1194 tls12-port-1194 tls-port-4500 dtls-443 dtls-port-1194 dtls-port-51820 dtls-port-4500 dtls-v6
  ssh-22 ssh-port-1194 ssh-port-443 http-80 http-port-1194 http-proxy-tls socks-tls
  ntp ntp-symmetric snmp snmp-port-1194 tftp l2tp l2tp-port-4500 l2tp-port-500 turn turn-port-1194 turn-port-51820 stun-port-4500 turn-tcp
  sip rtp rtp-port-51820 rtp-port-1194 rtp-port-4500 rtp-video srtp iperf-udp iperf-udp-port-51820 iperf-udp-port-1194 iperf-udp-port-4500 iperf-tcp iperf-tcp-port-1194
  syslog syslog-port-1194 mdns dhcp vxlan vxlan-port-51820 mosh tinc bfd ptp memcached-udp radius rpc quic bittorrent
  scan-empty scan-random scan-tcp ping openvpn-static-key
  routers-vrrp-ah routers-pim-ah routers-ospfv3-esp routers-ripng-esp routers-ospfv3-unicast routers-ospf-virtual-link-ah
)
while IFS=$'\t' read -r name _; do SCENARIOS+=("like-$name"); done < <(node "$LAB/lookalikes.mjs" list)

# Every case of lookalikes.mjs is a scenario of its own.
run_like() {
  local name=$1 text
  text=$(node "$LAB/lookalikes.mjs" list | awk -F '\t' -v name="$name" '$1 == name { print $2 }')
  link_up 192.0.2.166 203.0.113.166
  spawn serve server node "$LAB/lookalikes.mjs" serve "$name" 203.0.113.166
  wait_for serve ready
  capture "like-$name" not arp
  client node "$LAB/lookalikes.mjs" call "$name" 192.0.2.166 203.0.113.166
  capture_end
  about "like-$name" look-alike "$text"
}
while IFS=$'\t' read -r name _; do eval "scenario_like_${name//-/_}() { run_like $name; }"; done < <(node "$LAB/lookalikes.mjs" list)

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || [[ -x /usr/sbin/$tool ]] || { echo "$SCENARIO: $tool is missing ('captures/lab/run install')" >&2; exit 1; }
  done
}

none() { about "$1" "$2" "$3"; }

make_certificate() {
  (umask 077; openssl req -x509 -newkey rsa:2048 -nodes -keyout "$WORK/key.pem" -out "$WORK/cert.pem" -days 3650 -subj /CN=server.example -addext subjectAltName=DNS:server.example) >/dev/null 2>&1
}

# --- DNS -------------------------------------------------------------------------------------------------------

start_dnsmasq() { # PORT
  cat >"$WORK/dnsmasq.conf" <<CONF
no-resolv
no-hosts
no-daemon
user=root
port=$1
listen-address=$SERVER
bind-interfaces
address=/www.example/198.51.100.7
address=/mail.example/203.0.113.9
address=/www.example/2001:db8::7
txt-record=text.example,"v=lab1 some text that is long enough to be a record of its own"
mx-host=example,mail.example,10
CONF
  spawn dnsmasq server dnsmasq -C "$WORK/dnsmasq.conf"
  listening server udp "$1"
}

ask() { client dig +tries=1 +time=2 -p "$1" @"$SERVER" "${@:2}" >/dev/null; }

dns() { # FILE CLIENT SERVER PORT TEXT dig options…
  need dig dnsmasq
  link_up "$2" "$3"
  start_dnsmasq "$4"
  capture "$1" not arp and not icmp6
  local port=$4 i
  for i in 1 2 3 4 5 6; do
    ask "$port" "${@:6}" www.example A
    ask "$port" "${@:6}" www.example AAAA
  done
  ask "$port" "${@:6}" text.example TXT
  ask "$port" "${@:6}" example MX
  ask "$port" "${@:6}" absent.example A
  capture_end
  none "$1" "${CONDITION:-own-port}" "$5"
}

scenario_dns_udp() { dns dns-udp 192.0.2.160 198.51.100.53 53 "DNS over UDP (dig, dnsmasq)."; }
scenario_dns_tcp() { dns dns-tcp 192.0.2.160 198.51.100.53 53 "DNS over TCP." +tcp; }
scenario_dns_v6() { dns dns-v6 2001:db8:1::160 2001:db8:2::53 53 "DNS over UDP and IPv6."; }
scenario_dns_port_1194() { CONDITION=vpn-port; dns dns-port-1194 192.0.2.160 198.51.100.53 1194 "DNS over UDP on OpenVPN's port."; }
scenario_dns_port_500() { CONDITION=vpn-port; dns dns-port-500 192.0.2.160 198.51.100.53 500 "DNS over UDP on IKE's port."; }
scenario_dns_port_4500() { CONDITION=vpn-port; dns dns-port-4500 192.0.2.160 198.51.100.53 4500 "DNS over UDP on the NAT-T port."; }
scenario_dns_port_51820() { CONDITION=vpn-port; dns dns-port-51820 192.0.2.160 198.51.100.53 51820 "DNS over UDP on WireGuard's usual port."; }
scenario_dns_tcp_port_1194() { CONDITION=vpn-port; dns dns-tcp-port-1194 192.0.2.160 198.51.100.53 1194 "DNS over TCP on port 1194 (a length before each message, as OpenVPN has)." +tcp; }

scenario_dns_ids() {
  need dnsmasq
  link_up 192.0.2.161 198.51.100.54
  start_dnsmasq 1194
  capture dns-ids not arp
  client node "$LAB/dns-ids.mjs" udp 192.0.2.161 198.51.100.54 1194
  capture_end
  none dns-ids vpn-port "DNS questions on port 1194 whose transaction ids imitate OpenVPN opcodes (0x38.., 0x40.., 0x50..) and WireGuard's types (01 00 00 00, 04 00 00 00; one padded to 148 octets); answered by dnsmasq."
}

scenario_dns_ids_tcp() {
  need dnsmasq
  link_up 192.0.2.162 198.51.100.54
  start_dnsmasq 1194
  capture dns-ids-tcp not arp
  client node "$LAB/dns-ids.mjs" tcp 192.0.2.162 198.51.100.54 1194
  capture_end
  none dns-ids-tcp vpn-port "DNS over TCP on port 1194 with ids that imitate OpenVPN opcodes behind the length."
}

# --- TLS, DTLS, SSH, HTTP ----------------------------------------------------------------------------------------

tls() { # FILE CLIENT SERVER PORT TEXT s_client and s_server options…
  link_up "$2" "$3"
  make_certificate
  spawn tls server openssl s_server -accept "$4" -key "$WORK/key.pem" -cert "$WORK/cert.pem" -www "${@:6}"
  listening server tcp "$4"
  capture "$1" not arp
  local i
  for i in 1 2; do printf 'GET / HTTP/1.0\r\n\r\n' | client timeout 3 openssl s_client -connect "$3:$4" -servername server.example -quiet "${@:6}" >/dev/null 2>&1 || true; done
  capture_end
  none "$1" "${CONDITION:-own-port}" "$5"
}

scenario_tls_443() { tls tls-443 192.0.2.163 203.0.113.10 443 "TLS 1.3 with a page over it (openssl)."; }
scenario_tls_port_1194() { CONDITION=vpn-port; tls tls-port-1194 192.0.2.163 203.0.113.10 1194 "TLS 1.3 on TCP port 1194."; }
scenario_tls12_port_1194() { CONDITION=vpn-port; tls tls12-port-1194 192.0.2.163 203.0.113.10 1194 "TLS 1.2 on TCP port 1194." -tls1_2; }
scenario_tls_port_4500() { CONDITION=vpn-port; tls tls-port-4500 192.0.2.163 203.0.113.10 4500 "TLS 1.3 on TCP port 4500."; }

dtls() { # FILE CLIENT SERVER PORT TEXT
  link_up "$2" "$3"
  make_certificate
  local accept=$4 connect=$3:$4
  [[ $3 == *:* ]] && accept="[$3]:$4" connect="[$3]:$4"
  spawn dtls server sh -c 'while sleep 0.3; do echo "a line of the server"; done | openssl s_server -dtls -accept "$0" -key "$1" -cert "$2" -quiet' "$accept" "$WORK/key.pem" "$WORK/cert.pem"
  listening server udp "$4"
  capture "$1" not arp and not icmp6
  { for _ in 1 2 3 4 5 6; do sleep 0.2; echo "a line of the client"; done; } | client timeout 3 openssl s_client -dtls -connect "$connect" -quiet >/dev/null 2>&1 || true
  capture_end
  none "$1" "${CONDITION:-own-port}" "$5"
}

scenario_dtls_443() { dtls dtls-443 192.0.2.164 203.0.113.11 443 "DTLS 1.2 on UDP port 443 (openssl)."; }
scenario_dtls_v6() { dtls dtls-v6 2001:db8:1::164 2001:db8:2::11 4433 "DTLS 1.2 over IPv6."; }
scenario_dtls_port_1194() { CONDITION=vpn-port; dtls dtls-port-1194 192.0.2.164 203.0.113.11 1194 "DTLS 1.2 on OpenVPN's port."; }
scenario_dtls_port_51820() { CONDITION=vpn-port; dtls dtls-port-51820 192.0.2.164 203.0.113.11 51820 "DTLS 1.2 on WireGuard's usual port."; }
scenario_dtls_port_4500() { CONDITION=vpn-port; dtls dtls-port-4500 192.0.2.164 203.0.113.11 4500 "DTLS 1.2 on the NAT-T port."; }

ssh_session() { # FILE CLIENT SERVER PORT TEXT
  need sshd ssh
  link_up "$2" "$3"
  mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$WORK/host"
  spawn sshd server /usr/sbin/sshd -D -e -f /dev/null -h "$WORK/host" -p "$4" -o ListenAddress="$3" -o UsePAM=no -o PidFile=none
  listening server tcp "$4"
  capture "$1" not arp
  # Nobody is let in: the key exchange and the refused log-in are enough.
  client ssh -F none -p "$4" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o IdentityFile=/dev/null "nobody@$3" true >/dev/null 2>&1 || true
  capture_end
  none "$1" "${CONDITION:-own-port}" "$5"
}

scenario_ssh_22() { ssh_session ssh-22 192.0.2.165 203.0.113.12 22 "SSH up to a refused log-in (OpenSSH)."; }
scenario_ssh_port_1194() { CONDITION=vpn-port; ssh_session ssh-port-1194 192.0.2.165 203.0.113.12 1194 "SSH on TCP port 1194."; }
scenario_ssh_port_443() { ssh_session ssh-port-443 192.0.2.165 203.0.113.12 443 "SSH on TCP port 443."; }

http() { # FILE PORT TEXT
  need curl
  link_up 192.0.2.167 203.0.113.13
  spawn http server node -e 'require("http").createServer((request, response) => response.end("a page ".repeat(300))).listen(+process.argv[1], process.argv[2])' "$2" 203.0.113.13
  listening server tcp "$2"
  capture "$1" not arp
  local i
  for i in 1 2 3; do client curl -s -o /dev/null "http://203.0.113.13:$2/page$i"; done
  capture_end
  none "$1" "${CONDITION:-own-port}" "$3"
}

scenario_http_80() { http http-80 80 "HTTP (curl, Node)."; }
scenario_http_port_1194() { CONDITION=vpn-port; http http-port-1194 1194 "HTTP on TCP port 1194."; }

proxy_server() {
  need curl
  link_up 192.0.2.168 203.0.113.81
  make_certificate
  server ip addr add 198.51.100.90/32 dev lo
  spawn tls server openssl s_server -accept 198.51.100.90:443 -key "$WORK/key.pem" -cert "$WORK/cert.pem" -www
  listening server tcp 443
}

scenario_http_proxy_tls() {
  need tinyproxy
  proxy_server
  printf 'Port 8080\nListen 203.0.113.81\nTimeout 60\nMaxClients 20\nAllow 0.0.0.0/0\nConnectPort 443\n' >"$WORK/tinyproxy.conf"
  spawn tinyproxy server tinyproxy -d -c "$WORK/tinyproxy.conf"
  listening server tcp 8080
  capture http-proxy-tls not arp
  client curl -s -k -o /dev/null --max-time 4 -x http://203.0.113.81:8080 https://198.51.100.90/ || true
  capture_end
  none http-proxy-tls proxy "TLS through an HTTP proxy (curl, tinyproxy): what follows CONNECT is no VPN."
}

scenario_socks_tls() {
  need microsocks
  proxy_server
  spawn microsocks server microsocks -i 203.0.113.81 -p 1080
  listening server tcp 1080
  capture socks-tls not arp
  client curl -s -k -o /dev/null --max-time 4 --socks5 203.0.113.81:1080 https://198.51.100.90/ || true
  capture_end
  none socks-tls proxy "TLS through a SOCKS5 proxy (curl, microsocks)."
}

# --- NTP, SNMP, TFTP, L2TP ---------------------------------------------------------------------------------------

chrony_conf() { # NAME lines…
  printf '%s\n' "${@:2}" "pidfile $WORK/$1.chronyd.pid" 'cmdport 0' 'bindcmdaddress /' >"$WORK/$1.conf"
}

scenario_ntp() {
  need chronyd
  link_up 192.0.2.169 198.51.100.123
  chrony_conf server 'local stratum 5' 'allow all'
  chrony_conf client 'server 198.51.100.123 minpoll 0 maxpoll 0 iburst'
  # -x: the clock is never touched
  spawn chrony-server server chronyd -x -n -u root -f "$WORK/server.conf"
  listening server udp 123
  capture ntp not arp
  spawn chrony-client client chronyd -x -n -u root -f "$WORK/client.conf"
  sleep 9
  capture_end
  none ntp own-port "NTP, client and server (chrony); a new client port for every question."
}

scenario_ntp_symmetric() {
  need chronyd
  link_up 192.0.2.170 198.51.100.123
  chrony_conf server 'local stratum 5' 'allow all' 'peer 192.0.2.170 minpoll 0 maxpoll 0'
  chrony_conf client 'local stratum 9' 'allow all' 'peer 198.51.100.123 minpoll 0 maxpoll 0'
  capture ntp-symmetric not arp
  spawn chrony-server server chronyd -x -n -u root -f "$WORK/server.conf"
  spawn chrony-client client chronyd -x -n -u root -f "$WORK/client.conf"
  sleep 8
  capture_end
  none ntp-symmetric own-port "NTP between two peers, port 123 on both sides."
}

snmp() { # FILE PORT TEXT
  need snmpd snmpwalk
  link_up 192.0.2.171 198.51.100.161
  printf 'rocommunity public\nsysDescr an agent of the lab\nsysName lab\nsysContact nobody\n' >"$WORK/snmpd.conf"
  spawn snmpd server env SNMP_PERSISTENT_DIR="$WORK" /usr/sbin/snmpd -f -Lo -C -c "$WORK/snmpd.conf" -p "$WORK/snmpd.pid" "udp:198.51.100.161:$2"
  listening server udp "$2"
  capture "$1" not arp
  client env SNMP_PERSISTENT_DIR="$WORK" snmpwalk -v 2c -c public "198.51.100.161:$2" 1.3.6.1.2.1.1 >/dev/null 2>&1 || true
  client env SNMP_PERSISTENT_DIR="$WORK" snmpget -v 1 -c public "198.51.100.161:$2" 1.3.6.1.2.1.1.5.0 >/dev/null 2>&1 || true
  capture_end
  none "$1" "${CONDITION:-own-port}" "$3"
}

scenario_snmp() { snmp snmp 161 "SNMP v2c walk and v1 get (net-snmp)."; }
scenario_snmp_port_1194() { CONDITION=vpn-port; snmp snmp-port-1194 1194 "SNMP on OpenVPN's port."; }

scenario_tftp() {
  need in.tftpd tftp
  link_up 192.0.2.172 198.51.100.69
  mkdir "$WORK/files"
  chmod 755 "$WORK" "$WORK/files"
  head -c 6000 /dev/zero | tr '\0' 'x' >"$WORK/files/image"
  chmod 644 "$WORK/files/image"
  spawn tftpd server /usr/sbin/in.tftpd --listen --foreground --address 198.51.100.69:69 --user nobody --secure "$WORK/files"
  listening server udp 69
  capture tftp not arp
  (cd "$WORK" && client tftp 198.51.100.69 -m binary -c get image) >/dev/null
  capture_end
  none tftp own-port "TFTP read of 6,000 octets (tftpd-hpa)."
}

l2tp() { # FILE PORT TEXT
  need xl2tpd
  link_up 192.0.2.173 198.51.100.170
  local side
  for side in client server; do
    {
      printf '[global]\nport = %s\naccess control = no\n' "$2"
      if [[ $side == server ]]; then
        printf '[lns default]\nip range = 10.3.0.10-10.3.0.20\nlocal ip = 10.3.0.1\nrequire authentication = no\npppoptfile = %s/ppp.options\n' "$WORK"
      else
        printf '[lac lab]\nlns = 198.51.100.170:%s\nautodial = yes\nrequire authentication = no\npppoptfile = %s/ppp.options\n' "$2" "$WORK"
      fi
    } >"$WORK/$side.conf"
  done
  printf 'noauth\nnodeflate\n' >"$WORK/ppp.options"
  capture "$1" -c 60 not arp
  spawn xl2tpd-server server xl2tpd -D -c "$WORK/server.conf" -p "$WORK/server.pid" -C "$WORK/server.control"
  sleep 0.5
  spawn xl2tpd-client client xl2tpd -D -c "$WORK/client.conf" -p "$WORK/client.pid" -C "$WORK/client.control"
  sleep 5
  capture_end
  none "$1" "${CONDITION:-own-port}" "$3"
}

scenario_l2tp() { l2tp l2tp 1701 "L2TP tunnel set-up (xl2tpd)."; }
scenario_l2tp_port_4500() { CONDITION=vpn-port; l2tp l2tp-port-4500 4500 "L2TP on the NAT-T port."; }
scenario_l2tp_port_500() { CONDITION=vpn-port; l2tp l2tp-port-500 500 "L2TP on IKE's port."; }

# --- STUN, TURN, SIP, RTP ----------------------------------------------------------------------------------------

turn() { # FILE PORT TEXT client options…
  need turnserver turnutils_uclient
  link_up 192.0.2.174 203.0.113.14
  server ip addr add 203.0.113.15/32 dev eth0
  client ip route add 203.0.113.15 dev eth0
  spawn turnserver server turnserver -n --listening-ip 203.0.113.14 --relay-ip 203.0.113.14 --listening-port "$2" --lt-cred-mech --user lab:secret --realm example --no-tls --no-dtls --no-cli --log-file stdout \
    --allow-loopback-peers --db "$WORK/turn.db" --pidfile "$WORK/turn.pid"
  listening server tcp "$2"
  spawn peer server turnutils_peer -L 203.0.113.15 -p 3480
  capture "$1" -c 120 not arp
  client timeout 8 turnutils_uclient -u lab -w secret -p "$2" -e 203.0.113.15 -r 3480 -n 5 -m 1 -X "${@:4}" 203.0.113.14 >/dev/null 2>&1 || true
  capture_end
  none "$1" "${CONDITION:-own-port}" "$3"
}

scenario_turn() { turn turn 3478 "STUN and TURN: allocation, permissions, channel data (coturn)."; }
scenario_turn_tcp() { turn turn-tcp 3478 "TURN over TCP." -t; }
scenario_turn_port_1194() { CONDITION=vpn-port; turn turn-port-1194 1194 "STUN and TURN on OpenVPN's port."; }
scenario_turn_port_51820() { CONDITION=vpn-port; turn turn-port-51820 51820 "STUN and TURN on WireGuard's usual port."; }

scenario_stun_port_4500() {
  need turnserver turnutils_stunclient
  link_up 192.0.2.175 203.0.113.14
  spawn turnserver server turnserver -n --listening-ip 203.0.113.14 --relay-ip 203.0.113.14 --listening-port 4500 --stun-only --no-tls --no-dtls --no-cli --log-file stdout --db "$WORK/turn.db" --pidfile "$WORK/turn.pid"
  listening server tcp 4500
  capture stun-port-4500 not arp
  local i
  for i in 1 2 3 4; do client timeout 4 turnutils_stunclient -p 4500 203.0.113.14 >/dev/null 2>&1 || true; done
  capture_end
  none stun-port-4500 vpn-port "STUN binding requests on the NAT-T port (coturn)."
}

scenario_sip() {
  need sipp
  link_up 192.0.2.176 203.0.113.16
  cd "$WORK" # SIPp writes files where it stands
  spawn uas server sipp -sn uas -i 203.0.113.16 -p 5060 -nostdin
  listening server udp 5060
  capture sip not arp
  (cd "$WORK" && client sipp -sn uac -i 192.0.2.176 -p 5061 -m 4 -r 4 -d 300 -nostdin 203.0.113.16:5060 >/dev/null 2>&1) || true
  capture_end
  none sip own-port "Four SIP calls (SIPp)."
}

rtp() { # FILE PORT TEXT ffmpeg output options…
  need ffmpeg
  link_up 192.0.2.177 203.0.113.17
  spawn sink server node -e 'const s = require("dgram").createSocket("udp4"); s.bind(+process.argv[1], "203.0.113.17")' "$2"
  listening server udp "$2"
  capture "$1" -c 120 not arp
  local options=(-f lavfi -i sine=frequency=440:duration=2 -acodec pcm_mulaw -ar 8000)
  (($# > 3)) && options=("${@:4}")
  client timeout 12 ffmpeg -nostdin -loglevel error -re "${options[@]}" -f rtp "rtp://203.0.113.17:$2?localport=26000" >/dev/null 2>"$WORK/ffmpeg.log" || true
  capture_end
  none "$1" "${CONDITION:-own-port}" "$3"
}

scenario_rtp() { rtp rtp 16384 "RTP and RTCP, two seconds of sound (ffmpeg)."; }
scenario_rtp_port_51820() { CONDITION=vpn-port; rtp rtp-port-51820 51820 "RTP on WireGuard's usual port."; }
scenario_rtp_port_1194() { CONDITION=vpn-port; rtp rtp-port-1194 1194 "RTP on OpenVPN's port."; }
scenario_rtp_port_4500() { CONDITION=vpn-port; rtp rtp-port-4500 4500 "RTP on the NAT-T port: constant-looking starts and rising counters."; }
scenario_rtp_video() { rtp rtp-video 16390 "RTP with MPEG-4 video (ffmpeg)." -f lavfi -i testsrc=size=160x120:rate=10:duration=2 -vcodec mpeg4; }

scenario_srtp() {
  need ffmpeg
  link_up 192.0.2.178 203.0.113.17
  spawn sink server node -e 'const s = require("dgram").createSocket("udp4"); s.bind(+process.argv[1], "203.0.113.17")' 4500
  listening server udp 4500
  capture srtp -c 120 not arp
  client timeout 12 ffmpeg -nostdin -loglevel error -re -f lavfi -i sine=frequency=300:duration=2 -acodec pcm_alaw -ar 8000 -f rtp -srtp_out_suite AES_CM_128_HMAC_SHA1_80 \
    -srtp_out_params "$(head -c 30 /dev/zero | base64)" 'srtp://203.0.113.17:4500?localport=26010' >/dev/null 2>"$WORK/ffmpeg.log" || true
  capture_end
  none srtp vpn-port "SRTP (encrypted RTP) on the NAT-T port (ffmpeg)."
}

# --- bulk --------------------------------------------------------------------------------------------------------

iperf() { # FILE PORT TEXT COUNT iperf3 options…
  need iperf3
  link_up 192.0.2.179 203.0.113.18
  spawn iperf server iperf3 -s -1 -p "$2" -B 203.0.113.18
  listening server tcp "$2"
  capture "$1" -c "$4" not arp
  client iperf3 -c 203.0.113.18 -p "$2" "${@:5}" >/dev/null 2>&1 || true
  capture_end
  none "$1" "${CONDITION:-own-port}" "$3"
}

scenario_iperf_udp() { iperf iperf-udp 5201 "iperf3 over UDP, datagrams of 300 octets with time and counter at the start, both directions." 200 -u -l 300 -b 400k -t 2 --bidir; }
scenario_iperf_udp_port_51820() { CONDITION=vpn-port; iperf iperf-udp-port-51820 51820 "iperf3 over UDP on WireGuard's usual port, datagrams of 148 octets." 120 -u -l 148 -b 100k -t 2; }
scenario_iperf_udp_port_1194() { CONDITION=vpn-port; iperf iperf-udp-port-1194 1194 "iperf3 over UDP on OpenVPN's port." 120 -u -l 120 -b 100k -t 2 --bidir; }
scenario_iperf_udp_port_4500() { CONDITION=vpn-port; iperf iperf-udp-port-4500 4500 "iperf3 over UDP on the NAT-T port." 120 -u -l 132 -b 100k -t 2 --bidir; }
scenario_iperf_tcp() { iperf iperf-tcp 443 "A TCP transfer of 150 kB on port 443 (iperf3)." 300 -n 150K; }
scenario_iperf_tcp_port_1194() { CONDITION=vpn-port; iperf iperf-tcp-port-1194 1194 "A TCP transfer of 100 kB each way on port 1194 (iperf3)." 240 -n 100K --bidir; }

# --- the rest ----------------------------------------------------------------------------------------------------

syslog() { # FILE PORT TEXT
  need rsyslogd logger
  link_up 192.0.2.180 198.51.100.181
  printf 'global(workDirectory="%s")\nmodule(load="imudp")\ninput(type="imudp" address="198.51.100.181" port="%s")\n*.* action(type="omfile" file="%s/messages")\n' "$WORK" "$2" "$WORK" >"$WORK/rsyslog.conf"
  spawn rsyslogd server rsyslogd -n -f "$WORK/rsyslog.conf" -i "$WORK/rsyslogd.pid"
  listening server udp "$2"
  capture "$1" not arp
  local i
  for i in 1 2 3 4 5 6; do client logger --server 198.51.100.181 --udp --port "$2" --tag lab "message number $i of the lab"; done
  client logger --rfc3164 --server 198.51.100.181 --udp --port "$2" --tag lab "an old-style message"
  capture_end
  none "$1" "${CONDITION:-own-port}" "$3"
}

scenario_syslog() { syslog syslog 514 "Syslog over UDP (logger, rsyslog)."; }
scenario_syslog_port_1194() { CONDITION=vpn-port; syslog syslog-port-1194 1194 "Syslog on OpenVPN's port."; }

scenario_mdns() {
  need avahi-daemon
  link_up 192.0.2.181 192.0.2.182
  client ip route add 224.0.0.0/4 dev eth0
  server ip route add 224.0.0.0/4 dev eth0
  mkdir -p "$WORK/services"
  local side
  for side in client server; do
    printf '[server]\nhost-name=lab-%s\nuse-ipv4=yes\nuse-ipv6=no\nallow-interfaces=eth0\nenable-dbus=no\n[publish]\npublish-hinfo=yes\npublish-workstation=yes\n' "$side" >"$WORK/$side.conf"
  done
  capture mdns not arp
  # One at a time in a private /run: the daemon insists on its own process-id file.
  spawn avahi-server server unshare -m sh -c 'mount -t tmpfs tmpfs /run && mkdir -p /run/avahi-daemon && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f "$0"' "$WORK/server.conf"
  spawn avahi-client client unshare -m sh -c 'mount -t tmpfs tmpfs /run && mkdir -p /run/avahi-daemon && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f "$0"' "$WORK/client.conf"
  sleep 6
  capture_end
  none mdns own-port "mDNS announcements of two hosts (avahi)."
}

scenario_dhcp() {
  need dnsmasq dhclient
  make_namespace "$CLIENT_NS"
  make_namespace "$SERVER_NS"
  join "$CLIENT_NS" eth0 "$SERVER_NS" eth0
  server ip addr add 192.0.2.1/24 dev eth0
  spawn dnsmasq server dnsmasq --no-daemon --conf-file=/dev/null --port=0 --user=root --interface=eth0 --bind-interfaces --dhcp-range=192.0.2.50,192.0.2.60,1h --dhcp-leasefile="$WORK/leases"
  wait_for dnsmasq 'DHCP, IP range' 5
  capture dhcp not arp
  client timeout 15 dhclient -1 -v -sf /bin/true -lf "$WORK/dhclient.leases" -pf "$WORK/dhclient.pid" eth0 >"$WORK/dhclient.log" 2>&1 || true
  [[ -s $WORK/dhclient.pid ]] && kill "$(<"$WORK/dhclient.pid")" 2>/dev/null || true
  capture_end
  none dhcp own-port "DHCP: a lease (dhclient, dnsmasq)."
}

vxlan() { # FILE PORT TEXT
  link_up 192.0.2.183 203.0.113.183
  client ip link add vx0 type vxlan id 42 local 192.0.2.183 remote 203.0.113.183 dstport "$2" dev eth0
  server ip link add vx0 type vxlan id 42 local 203.0.113.183 remote 192.0.2.183 dstport "$2" dev eth0
  local side
  for side in client server; do "$side" ip link set vx0 up mtu 1400; plain_wire "$( [[ $side == client ]] && echo "$CLIENT_NS" || echo "$SERVER_NS")" vx0; done
  client ip addr add 10.4.0.1/24 dev vx0
  server ip addr add 10.4.0.2/24 dev vx0
  SERVER=10.4.0.2
  start_dnsmasq 53
  capture "$1" not arp
  client ping -q -n -c 3 -i 0.2 10.4.0.2 >/dev/null
  ask 53 www.example A
  ask 53 +tcp www.example A
  capture_end
  none "$1" "${CONDITION:-own-port}" "$3"
}

scenario_vxlan() { vxlan vxlan 4789 "VXLAN of the kernel with pings and DNS inside."; }
scenario_vxlan_port_51820() { CONDITION=vpn-port; vxlan vxlan-port-51820 51820 "VXLAN on WireGuard's usual port; on a port that is not VXLAN's it counts as one UDP flow per sender's port."; }

scenario_mosh() {
  need mosh-server mosh-client
  link_up 192.0.2.184 203.0.113.184
  local started port key
  started=$(server env LC_ALL=C.UTF-8 mosh-server new -i 203.0.113.184 -p 60001 -- sh -c 'for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.3; done' 2>/dev/null | grep '^MOSH CONNECT') || true
  [[ $started ]] || { echo 'mosh: the server did not start' >&2; return 1; }
  read -r _ _ port key <<<"$started"
  capture mosh -c 80 not arp
  # script gives the client the terminal that it wants
  sleep 4 | client env LC_ALL=C.UTF-8 TERM=xterm MOSH_KEY="$key" timeout 6 script -q -c "stty rows 24 cols 80; mosh-client 203.0.113.184 $port" /dev/null >"$WORK/mosh.log" 2>&1 || true
  capture_end
  none mosh own-port "mosh: encrypted datagrams with a rising 64-bit counter at the start (big-endian, the highest bit is the direction)."
}

scenario_tinc() {
  need tincd
  link_up 192.0.2.185 203.0.113.185
  local side peer
  for side in client server; do
    mkdir -p "$WORK/$side/hosts"
    peer=$([[ $side == client ]] && echo server || echo client)
    printf 'Name = %s\nInterface = t%s\nDeviceType = tun\nMode = router\n%s\n' "$side" "$TAG" "$([[ $side == client ]] && echo "ConnectTo = server")" >"$WORK/$side/tinc.conf"
    printf '#!/bin/sh\nip addr add 10.5.0.%s/24 dev $INTERFACE\nip link set $INTERFACE up\n' "$([[ $side == client ]] && echo 1 || echo 2)" >"$WORK/$side/tinc-up"
    chmod +x "$WORK/$side/tinc-up"
    printf 'Subnet = 10.5.0.%s/32\n' "$([[ $side == client ]] && echo 1 || echo 2)" >"$WORK/$side/hosts/$side"
    [[ $side == server ]] && printf 'Address = 203.0.113.185\n' >>"$WORK/$side/hosts/$side"
    yes '' | tincd -c "$WORK/$side" -K 2048 >/dev/null 2>&1 || true
  done
  cp "$WORK/server/hosts/server" "$WORK/client/hosts/"
  cp "$WORK/client/hosts/client" "$WORK/server/hosts/"
  spawn tinc-server server tincd -c "$WORK/server" -D --pidfile="$WORK/server.pid"
  listening server tcp 655
  capture tinc -c 120 not arp
  spawn tinc-client client tincd -c "$WORK/client" -D --pidfile="$WORK/client.pid"
  sleep 2
  client ping -q -n -c 8 -i 0.3 10.5.0.2 >/dev/null || true
  capture_end
  none tinc other-vpn "tinc: a VPN that Sluice does not look for, TCP and UDP on port 655."
}

scenario_bfd() {
  need bird
  link_up 192.0.2.186 192.0.2.187
  local side own peer
  for side in client server; do
    if [[ $side == client ]]; then own=192.0.2.186 peer=192.0.2.187; else own=192.0.2.187 peer=192.0.2.186; fi
    printf 'router id %s;\nprotocol device {}\nprotocol bfd { interface "eth0" { interval 200 ms; multiplier 3; }; neighbor %s dev "eth0" local %s; }\n' "$own" "$peer" "$own" >"$WORK/$side.conf"
    spawn "bird-$side" "$side" bird -f -c "$WORK/$side.conf" -s "$WORK/$side.ctl" -P "$WORK/$side.pid"
  done
  capture bfd -c 60 not arp
  sleep 5
  capture_end
  none bfd own-port "BFD control packets between two routers (bird), port 3784."
}

scenario_ptp() {
  need ptp4l
  link_up 192.0.2.188 192.0.2.189
  client ip route add 224.0.0.0/4 dev eth0
  server ip route add 224.0.0.0/4 dev eth0
  capture ptp -c 60 not arp
  printf '[global]\nfree_running 1\n' >"$WORK/ptp.conf"
  # A private /run for each: both insist on the same control socket.
  spawn ptp-server server unshare -m sh -c 'mount -t tmpfs tmpfs /run && exec ptp4l -4 -S -i eth0 -m -f "$0"' "$WORK/ptp.conf"
  spawn ptp-client client unshare -m sh -c 'mount -t tmpfs tmpfs /run && exec ptp4l -4 -S -i eth0 -m -s -f "$0"' "$WORK/ptp.conf"
  sleep 12
  capture_end
  none ptp own-port "PTP over UDP, ports 319 and 320 (linuxptp, clocks untouched)."
}

scenario_memcached_udp() {
  need memcached
  link_up 192.0.2.190 203.0.113.190
  spawn memcached server memcached -u root -l 203.0.113.190 -p 11211 -U 11211
  listening server udp 11211
  capture memcached-udp not arp
  client node -e '
    const socket = require("dgram").createSocket("udp4");
    const lines = ["stats", "set a 0 0 5\r\nhello", "get a", "get b", "version", "stats settings"];
    socket.bind(39000, "192.0.2.190", () => lines.forEach((line, i) => setTimeout(() => {
      const head = Buffer.from([0x38 + i * 8, 0, 0, 0, 0, 1, 0, 0]);
      socket.send(Buffer.concat([head, Buffer.from(line + "\r\n")]), 11211, "203.0.113.190");
      if (i === lines.length - 1) setTimeout(() => socket.close(), 200);
    }, i * 50)));'
  capture_end
  none memcached-udp own-port "memcached over UDP: request ids that begin like OpenVPN opcodes, answered by memcached."
}

scenario_radius() {
  need freeradius radclient
  link_up 192.0.2.191 203.0.113.191
  cat >"$WORK/radiusd.conf" <<CONF
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = $WORK
run_dir = $WORK
logdir = $WORK
modconfdir = $WORK
max_requests = 100
security { allow_core_dumps = no }
log { destination = stdout }
client lab { ipaddr = 192.0.2.191
 secret = testing }
modules { always ok { rcode = ok } }
server lab {
 listen { type = auth
 ipaddr = 203.0.113.191
 port = 1812 }
 authorize { update control { Auth-Type := Accept } }
 authenticate { }
}
CONF
  spawn freeradius server freeradius -f -l stdout -d "$WORK" -D /usr/share/freeradius -n radiusd
  listening server udp 1812
  capture radius not arp
  local i
  for i in 1 2 3 4; do echo "User-Name=user$i,User-Password=secret" | client radclient -D /usr/share/freeradius -r 1 -t 1 203.0.113.191:1812 auth testing >/dev/null 2>&1 || true; done
  capture_end
  none radius own-port "RADIUS access requests (code 1) and their answers (code 2): freeradius."
}

scenario_rpc() {
  need rpcbind rpcinfo
  link_up 192.0.2.192 203.0.113.192
  spawn rpcbind server unshare -m sh -c 'mount -t tmpfs tmpfs /run && mkdir -p /run/rpcbind && exec rpcbind -f -w -h 203.0.113.192'
  listening server udp 111
  capture rpc not arp
  local i
  for i in 1 2 3; do client timeout 5 rpcinfo -n 111 -u 203.0.113.192 100000 >/dev/null 2>&1 || true; done
  client timeout 5 rpcinfo -p 203.0.113.192 >/dev/null 2>&1 || true
  client timeout 5 rpcinfo -s 203.0.113.192 >/dev/null 2>&1 || true
  capture_end
  none rpc own-port "ONC-RPC: the port mapper over UDP and TCP (rpcbind)."
}

scenario_quic() {
  need syncthing
  link_up 192.0.2.194 203.0.113.194
  local side id_client id_server
  for side in client server; do HOME=$WORK syncthing generate --home="$WORK/$side" --no-default-folder >/dev/null 2>&1; done
  id_client=$(HOME=$WORK syncthing --home="$WORK/client" --device-id 2>/dev/null)
  id_server=$(HOME=$WORK syncthing --home="$WORK/server" --device-id 2>/dev/null)
  quic_conf() { # SIDE OWN_ID PEER_ID LISTEN PEER_ADDRESS GUI_PORT
    cat >"$WORK/$1/config.xml" <<CONF
<configuration version="36">
  <device id="$2" name="own"><address>dynamic</address></device>
  <device id="$3" name="peer"><address>$5</address></device>
  <gui enabled="false"><address>127.0.0.1:$6</address></gui>
  <options><listenAddress>quic://$4</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>
  <relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><reconnectionIntervalS>2</reconnectionIntervalS><urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled>
  <autoUpgradeIntervalH>0</autoUpgradeIntervalH><startBrowser>false</startBrowser></options>
</configuration>
CONF
  }
  quic_conf server "$id_server" "$id_client" 203.0.113.194:443 dynamic 8384
  quic_conf client "$id_client" "$id_server" 192.0.2.194:22000 quic://203.0.113.194:443 8384
  capture quic -c 150 not arp
  spawn quic-server server env HOME="$WORK" STNOUPGRADE=1 syncthing serve --home="$WORK/server" --no-browser
  listening server udp 443
  spawn quic-client client env HOME="$WORK" STNOUPGRADE=1 syncthing serve --home="$WORK/client" --no-browser
  sleep 12
  capture_end
  [[ $(tcpdump -n -r "$WORK/quic.pcap" udp 2>/dev/null | wc -l) -gt 10 ]] || { echo 'quic: no connection' >&2; return 1; }
  none quic own-port "QUIC on port 443: handshake and short headers (syncthing on both ends)."
}

scenario_bittorrent() {
  need transmission-daemon transmission-create
  link_up 192.0.2.195 203.0.113.195
  mkdir -p "$WORK/seed" "$WORK/leech" "$WORK/seed.conf" "$WORK/leech.conf"
  head -c 60000 /dev/urandom >"$WORK/seed/data.bin"
  transmission-create -o "$WORK/data.torrent" "$WORK/seed/data.bin" >/dev/null
  local settings='"rpc-enabled":false,"dht-enabled":true,"lpd-enabled":true,"pex-enabled":true,"utp-enabled":true,"port-forwarding-enabled":false,"watch-dir-enabled":true,"watch-dir":"%s","download-dir":"%s","bind-address-ipv4":"%s","peer-port":51413,"encryption":0'
  mkdir "$WORK/watch-seed" "$WORK/watch-leech"
  # shellcheck disable=SC2059
  { printf '{'; printf "$settings" "$WORK/watch-seed" "$WORK/seed" 203.0.113.195; printf '}'; } >"$WORK/seed.conf/settings.json"
  # shellcheck disable=SC2059
  { printf '{'; printf "$settings" "$WORK/watch-leech" "$WORK/leech" 192.0.2.195; printf '}'; } >"$WORK/leech.conf/settings.json"
  client ip route add 224.0.0.0/4 dev eth0
  server ip route add 224.0.0.0/4 dev eth0
  cp "$WORK/data.torrent" "$WORK/watch-seed/"
  cp "$WORK/data.torrent" "$WORK/watch-leech/"
  capture bittorrent -c 150 not arp
  spawn seed server env HOME="$WORK" transmission-daemon -f -g "$WORK/seed.conf"
  spawn leech client env HOME="$WORK" transmission-daemon -f -g "$WORK/leech.conf"
  sleep 14
  capture_end
  none bittorrent own-port "BitTorrent between two hosts that find each other by local discovery: uTP, DHT, TCP (transmission)."
}

scenario_scan_empty() {
  need nmap
  link_up 192.0.2.196 203.0.113.196
  drop server udp
  capture scan-empty not arp
  client node -e '
    const socket = require("dgram").createSocket("udp4");
    socket.bind(40400, "192.0.2.196", async () => {
      for (const port of [500, 4500, 1194, 51820, 1701, 1723]) {
        for (let i = 0; i < 2; i++) await new Promise((done) => socket.send(Buffer.alloc(0), port, "203.0.113.196", done));
      }
      socket.close();
    });'
  capture_end
  none scan-empty scan "Empty datagrams to ports 500, 4500, 1194, 51820, 1701 and 1723."
}

scenario_scan_random() {
  need nmap
  link_up 192.0.2.197 203.0.113.197
  drop server udp
  capture scan-random not arp
  client nmap -n -Pn -sU --data-length 48 --max-retries 1 --host-timeout 15s -p 53,500,1194,4500,51820 203.0.113.197 >/dev/null 2>&1 || true
  capture_end
  none scan-random scan "nmap over the UDP ports of VPNs with 48 random octets."
}

scenario_scan_tcp() {
  need nmap
  link_up 192.0.2.198 203.0.113.198
  spawn sink server socat -u TCP-LISTEN:1194,reuseaddr,fork /dev/null
  listening server tcp 1194
  capture scan-tcp not arp
  client nmap -n -Pn -sS --max-retries 1 -p 22,443,500,1194,4500,51820 203.0.113.198 >/dev/null 2>&1 || true
  client nmap -n -Pn -sT --max-retries 1 -p 443,1194,1195 203.0.113.198 >/dev/null 2>&1 || true
  capture_end
  none scan-tcp scan "nmap SYN and connect scans over VPN ports; 1194 accepts and hears nothing."
}

scenario_ping() {
  link_up 192.0.2.199 203.0.113.199
  capture ping
  client ping -q -n -c 5 -i 0.2 -s 120 203.0.113.199 >/dev/null
  capture_end
  none ping no-flow "ICMP only."
}

scenario_openvpn_static_key() {
  need openvpn
  link_up 192.0.2.159 203.0.113.159
  openvpn --genkey secret "$WORK/static.key"
  spawn server server openvpn --cd "$WORK" --dev tun --dev-type tun --proto udp4 --local 203.0.113.159 --port 1194 --secret static.key --cipher AES-256-CBC --ifconfig 10.6.0.1 10.6.0.2 --ping 1 --verb 3
  capture openvpn-static-key not arp
  spawn client client openvpn --cd "$WORK" --dev tun --dev-type tun --proto udp4 --remote 203.0.113.159 1194 --bind --local 192.0.2.159 --lport 1194 --secret static.key --cipher AES-256-CBC --ifconfig 10.6.0.2 10.6.0.1 --ping 1 --verb 3
  wait_for client 'Initialization Sequence Completed'
  client ping -q -n -c 10 -i 0.2 10.6.0.1 >/dev/null || true
  capture_end
  none openvpn-static-key out-of-reach "OpenVPN with a static key: a VPN, but without handshake or header, so that nothing tells it from random octets. Sluice says nothing here, and that is the honest answer."
}

# --- routers: AH and ESP that are no VPN -----------------------------------------------------------------------

# shellcheck source=router-ipsec.sh
source "$LAB/router-ipsec.sh"

guarded() { # FILE TEXT
  routers "$1"
  none "$1" routers "$2; written by scapy."
}
scenario_routers_vrrp_ah() { guarded routers-vrrp-ah "VRRP behind AH to 224.0.0.18"; }
scenario_routers_pim_ah() { guarded routers-pim-ah "PIM hellos behind AH to 224.0.0.13 and ff02::d"; }
scenario_routers_ospfv3_esp() { guarded routers-ospfv3-esp "OSPFv3 in ESP to ff02::5 without encryption and to ff02::6 with AES-CBC"; }
scenario_routers_ripng_esp() { guarded routers-ripng-esp "RIPng in ESP with AES-CBC to ff02::9"; }
scenario_routers_ospfv3_unicast() { guarded routers-ospfv3-unicast "OSPFv3 database exchange in ESP without encryption between two link-local addresses"; }
scenario_routers_ospf_virtual_link_ah() { guarded routers-ospf-virtual-link-ah "OSPFv3 of a virtual link behind AH between two addresses"; }
