# OpenVPN sessions of which the beginning is missing, that have run for days, or that a load balancer passes on. Sourced by
# openvpn.sh.

# joined FILE FROM udp|tcp BYTE: the capture FROM, from the client's first packet whose opcode and key id are BYTE. Over TCP
# that is the third byte of a segment, after the record's length.
joined() {
  local place=0 field=ip.src first
  [[ $3 == tcp ]] && place=2
  [[ $CLIENT == *:* ]] && field=ipv6.src
  first=$(tshark -n -r "$WORK/$2.pcap" -Y "$3.payload[$place:1] == $4 && $field == $CLIENT" -T fields -e frame.number 2>/dev/null | head -n 1)
  [[ $first ]] || { echo "$SCENARIO: no packet of the client begins with $4" >&2; return 1; }
  editcap -F pcap -r "$WORK/$2.pcap" "$WORK/$1.pcap" "$first-1000000"
}

# Opcode and key id: CONTROL_V1 and DATA_V2 of the first key, DATA_V2 of the second.
CONTROL=20 DATA=48 DATA_SECOND_KEY=49

# begins_late FILE CLIENT SERVER CLIENT_PORT VARIANT [variant arguments]: a TCP session, cut after its resets and cut at its data
begins_late() {
  session whole tcp "$2" "$3" 1194 "$4" "${@:5}"
  joined "$1" whole tcp "$CONTROL"
  joined "$1-data" whole tcp "$DATA"
  rm "$WORK/whole.pcap"
  whole "$1" tcp 1194 "$4" midstream "TCP, $VARIANT, from the client's TLS hello on: the connection's start and both resets are missing."
  suspect "$1-data" tcp 1194 "$4" data midstream "The session of $1 from its first data packet on."
}

scenario_tcp_joined_plain() {
  begins_late tcp-joined-plain 192.0.2.85 198.51.100.20 41030 plain
  views tcp-joined-plain tcp 1194 41030
}
scenario_tcp_joined_tls_auth() { begins_late tcp-joined-tls-auth 192.0.2.86 198.51.100.22 41031 tls-auth SHA256; }
scenario_tcp_joined_tls_crypt() {
  begins_late tcp-joined-tls-crypt 192.0.2.87 198.51.100.24 41032 tls-crypt
  views tcp-joined-tls-crypt tcp 1194 41032
}

# The capture begins within a record: the client's TLS hello is split over segments, and its first two are missing.
scenario_tcp_joined_segments() {
  segmented whole 192.0.2.94 198.51.100.20 1194 41035 plain unused
  : >"$FRAGMENT"
  joined hello whole tcp "$CONTROL"
  editcap -F pcap -r "$WORK/hello.pcap" "$WORK/tcp-joined-segments.pcap" 3-72
  rm "$WORK/whole.pcap" "$WORK/hello.pcap"
  whole tcp-joined-segments tcp 1194 41035 midstream "TCP in segments of at most 88 bytes, from the middle of the client's TLS hello on, seventy packets."
}

# --- old sessions -----------------------------------------------------------------------------------------------

# Both ends believe that it is four days earlier (libfaketime), so the replay times are those of a session that began then.
four_days_ago() {
  local library
  library=$(compgen -G '/usr/lib/*/faketime/libfaketime.so.1') || { echo "$SCENARIO: libfaketime is missing (apt-get install faketime)" >&2; return 1; }
  CLOCK=(env "LD_PRELOAD=$library" FAKETIME=-4d FAKETIME_DONT_FAKE_MONOTONIC=1)
  (export "${CLOCK[@]:1}"; make_certificates)
}

# old_session FILE udp|tcp CLIENT SERVER CLIENT_PORT VARIANT [variant arguments]: a session that changes its key twice
old_session() {
  four_days_ago
  EXTRA_SERVER=(--reneg-sec 5)
  EXTRA_CLIENT=(--reneg-sec 5)
  DURING=rekeying
  PINGS=2
  session "$1" "$2" "$3" "$4" 1194 "${@:5}"
}

OLD="The ends' clocks run four days late, so the replay times are those of a session that began four days ago"

old_tls_crypt() { # FILE udp|tcp CLIENT SERVER CLIENT_PORT
  old_session whole "${@:2}" tls-crypt
  joined "$1" whole "$2" "$DATA_SECOND_KEY"
  rm "$WORK/whole.pcap"
  whole "$1" "$2" 1194 "$5" midstream-rekey "${2^^}, tls-crypt, from the data of the second key on: a third key is agreed on. $OLD."
}
scenario_udp_old_tls_crypt() { old_tls_crypt udp-old-tls-crypt udp 192.0.2.88 198.51.100.24 40035; }
scenario_tcp_old_tls_crypt() { old_tls_crypt tcp-old-tls-crypt tcp 192.0.2.89 198.51.100.24 41033; }

scenario_udp_old_tls_auth() {
  old_session whole udp 192.0.2.90 198.51.100.22 40036 tls-auth SHA256
  joined udp-old-tls-auth-all whole udp "$CONTROL"
  derive udp-old-tls-auth udp-old-tls-auth-all -c 24
  whole udp-old-tls-auth udp 1194 40036 midstream "UDP, tls-auth with SHA256, from the client's TLS hello on. $OLD."
  joined udp-old-tls-auth-rekey whole udp "$DATA_SECOND_KEY"
  rm "$WORK/whole.pcap" "$WORK/udp-old-tls-auth-all.pcap"
  VARIANT=tls-crypt
  whole udp-old-tls-auth-rekey udp 1194 40036 midstream-rekey "The session of udp-old-tls-auth from the data of its second key on. OpenVPN 2.6 protects every key but the first with a tls-crypt key of its own, so the middle shows tls-crypt. $OLD."
}

# --- the PROXY protocol -------------------------------------------------------------------------------------------

# balancer NAME client|server BIND TARGET OPTIONS: a haproxy that passes TCP connections on
balancer() {
  printf '%s\n' defaults ' mode tcp' ' timeout connect 5s' ' timeout client 1m' ' timeout server 1m' "listen $1" " bind $3" " server next $4" >"$WORK/$1.cfg"
  spawn "$1" "$2" haproxy -db -f "$WORK/$1.cfg"
  listening "$2" tcp 1194
}

# An address with a port, as haproxy reads it.
socket() { if [[ $1 == *:* ]]; then echo "[$1]:$2"; else echo "$1:$2"; fi; }

# Client → haproxy → link → haproxy → server: OpenVPN takes no PROXY header, so a second haproxy takes it off. The recorded link
# lies between both, and the first haproxy is the end that connects.
balanced() { # FILE BALANCER SERVER CLIENT FRONT send-proxy|send-proxy-v2 VARIANT TEXT
  command -v haproxy >/dev/null || { echo "$1: haproxy is missing (apt-get install haproxy)" >&2; return 1; }
  link_up "$2" "$3"
  local own=$4 front=$5 bits=32
  [[ $own == *:* ]] && bits=128
  client ip addr add "$own/$bits" dev lo
  client ip addr add "$front/$bits" dev lo
  make_certificates
  make_keys "${7}"
  vpn_server tcp 11940
  balancer back server "$(socket "$SERVER" 1194) accept-proxy" "$(socket "$SERVER" 11940)"
  balancer front client "$(socket "$front" 1194)" "$(socket "$SERVER" 1194) source $(socket "$CLIENT" 0) $6"
  capture "$1" not arp
  CLIENT=$own SERVER=$front vpn_client tcp 1194 41034
  up
  ping_tunnel -c 4 -i 0.2
  stop "$CLIENT_PID"
  capture_end
  about "$1" proxy "$8"
  positive "$1" tcp "$CLIENT" '?' "$SERVER" 1194 openvpn "$7" confirmed proxy
}

scenario_tcp_proxy_v1() { balanced tcp-proxy-v1 203.0.113.81 198.51.100.20 192.0.2.91 203.0.113.80 send-proxy plain "TCP between two load balancers (haproxy): the session follows a PROXY protocol header of version 1."; }
scenario_tcp_proxy_v2() { balanced tcp-proxy-v2 203.0.113.81 198.51.100.24 192.0.2.92 203.0.113.80 send-proxy-v2 tls-crypt "TCP with tls-crypt after a PROXY protocol header of version 2."; }
scenario_tcp_proxy_v2_ipv6() { balanced tcp-proxy-v2-ipv6 2001:db8:2::81 2001:db8:2::20 2001:db8:1::93 2001:db8:2::80 send-proxy-v2 plain "TCP over IPv6 after a PROXY protocol header of version 2."; }
