# Namespaces, processes, captures and labels for one scenario. Sourced by `run`.
#
# A scenario is a bash function scenario_<name> (dashes become underscores). It may use:
#   link_up CLIENT SERVER [extra…]   two namespaces joined by a veth pair; v4 or v6 by the form of the address
#   client CMD…, server CMD…         run a command inside one of them
#   spawn LOG client|server CMD…     start a daemon; its output goes to $WORK/LOG.log; ended by its process id
#   wait_for LOG PATTERN [SECONDS]   wait until a daemon says something
#   capture FILE [tcpdump args…]     start recording the client's end of the link
#   capture_end                      stop recording
#   derive FILE FROM [filter…]       a partial view of a finished capture, by a tcpdump filter
#   excerpt FILE FROM FIRST COUNT    packets out of its middle
#   about FILE CONDITION TEXT        what the file is
#   positive FILE PROTO SRC SPORT DST DPORT LABEL VARIANT STAGE CATEGORY   one VPN flow; a port may be `?` where
#                                    the system chose it: it is then looked up in the capture and must be unique
# Nothing here reads what a classifier says: labels are statements about what the scenario set up.

WORK=
PIDS=()
NAMESPACES=()
CAPTURE_PID=

cleanup() {
  local status=$? pid ns
  trap - EXIT INT TERM
  for pid in ${PIDS[@]+"${PIDS[@]}"}; do kill -TERM "$pid" 2>/dev/null || true; done
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    local alive=0
    for pid in ${PIDS[@]+"${PIDS[@]}"}; do kill -0 "$pid" 2>/dev/null && alive=1; done
    ((alive)) || break
    sleep 0.2
  done
  for pid in ${PIDS[@]+"${PIDS[@]}"}; do kill -KILL "$pid" 2>/dev/null || true; done
  for ns in ${NAMESPACES[@]+"${NAMESPACES[@]}"}; do
    # Whatever a daemon left behind in a namespace that only this scenario uses.
    for pid in $(ip netns pids "$ns" 2>/dev/null); do kill -KILL "$pid" 2>/dev/null || true; done
    ip netns del "$ns" 2>/dev/null || true
  done
  if [[ $WORK ]]; then
    if [[ $KEEP == 1 || ($status -ne 0 && ${LAB_DEBUG:-}) ]]; then echo "     logs: $WORK" >&2; else rm -rf "$WORK"; fi
  fi
  exit "$status"
}

run_scenario() {
  local name=$1
  SCENARIO=$name
  WORK=$(mktemp -d /tmp/sluice-lab.XXXXXX)
  TAG=${WORK##*.}
  CLIENT_NS=sl-$TAG-c
  SERVER_NS=sl-$TAG-s
  FRAGMENT=${FRAGMENTS:-$WORK}/$FAMILY.$name.tsv
  trap cleanup EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -p "$OUT/$FAMILY"
  "scenario_${name//-/_}"
  [[ -s $FRAGMENT ]] || { echo "$name: no label was written" >&2; exit 1; }
  chmod 644 "$WORK"/*.pcap
  mv "$WORK"/*.pcap "$OUT/$FAMILY/"
}

# Parent side: takes the result of whichever scenario ends next.
reap_one() {
  local pid status=0
  wait -n -p pid "${!running[@]}" || status=$?
  if ((status == 0)); then
    echo "ok   $FAMILY ${running[$pid]}" >&2
  else
    echo "FAIL $FAMILY ${running[$pid]} (exit $status)" >&2
    failed+=("$FAMILY/${running[$pid]}")
    rm -f "$FRAGMENTS/$FAMILY.${running[$pid]}.tsv"
  fi
  unset "running[$pid]"
}

# Packages are listed in `install`; here only the programs without which a family cannot start.
require_tools() {
  local family tool missing=()
  local -A tools=(
    [wireguard]='wireguard-go wg iperf3'
    [openvpn]='openvpn openssl tinyproxy microsocks'
    [ipsec]='charon-systemd swanctl ike-scan openssl scapy:python3'
    [negative]='dig dnsmasq openssl sshd'
  )
  for family in "$@"; do
    for tool in ip ethtool nft tcpdump tshark editcap node ping ${tools[$family]}; do
      command -v "${tool##*:}" >/dev/null || [[ -x /usr/sbin/${tool##*:} ]] || missing+=("${tool##*:}")
    done
  done
  if ((${#missing[@]} > 0)); then
    echo "captures/lab/run: missing programs: ${missing[*]}; 'captures/lab/run install' installs what the lab needs" >&2
    exit 2
  fi
  [[ -c /dev/net/tun ]] || { echo "captures/lab/run: /dev/net/tun is missing (modprobe tun)" >&2; exit 2; }
}

client() { ip netns exec "$CLIENT_NS" "$@"; }
server() { ip netns exec "$SERVER_NS" "$@"; }

make_namespace() {
  ip netns add "$1"
  NAMESPACES+=("$1")
  ip -n "$1" link set lo up
}

# Segmentation and checksum offloads off, so that the packets recorded are those a wire would carry.
plain_wire() {
  ip netns exec "$1" ethtool -K "$2" rx off tx off sg off tso off gso off gro off >/dev/null 2>&1
}

# join NS_A IF_A NS_B IF_B: a veth pair with fixed addresses on the link layer
join() {
  ip link add "$2" netns "$1" address "02:00:5e:00:00:${5:-01}" type veth peer name "$4" netns "$3" address "02:00:5e:00:00:${6:-02}"
  plain_wire "$1" "$2"
  plain_wire "$3" "$4"
  local ns
  for ns in "$1" "$3"; do ip netns exec "$ns" sysctl -qw net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.all.disable_ipv6="${IPV6_OFF:-1}" 2>/dev/null || true; done
  ip -n "$1" link set "$2" up
  ip -n "$3" link set "$4" up
}

# address NS IF OWN PEER
address() {
  if [[ $3 == *:* ]]; then
    ip -n "$1" addr add "$3/128" peer "$4/128" dev "$2" nodad
  else
    ip -n "$1" addr add "$3/32" peer "$4/32" dev "$2"
  fi
}

link_up() {
  CLIENT=$1
  SERVER=$2
  make_namespace "$CLIENT_NS"
  make_namespace "$SERVER_NS"
  local IPV6_OFF=1
  [[ $CLIENT == *:* ]] && IPV6_OFF=0
  join "$CLIENT_NS" eth0 "$SERVER_NS" eth0
  address "$CLIENT_NS" eth0 "$CLIENT" "$SERVER"
  address "$SERVER_NS" eth0 "$SERVER" "$CLIENT"
}

spawn() {
  local log=$1 side=$2 ns
  shift 2
  case $side in client) ns=$CLIENT_NS ;; server) ns=$SERVER_NS ;; *) ns=$side ;; esac
  ip netns exec "$ns" "$@" >"$WORK/$log.log" 2>&1 </dev/null &
  LAST_PID=$!
  PIDS+=("$LAST_PID")
}

# stop PID [SIGNAL]: ends one process and waits until it is gone
stop() {
  kill "-${2:-TERM}" "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

wait_for() {
  local log=$WORK/$1.log pattern=$2 tenths=$((${3:-15} * 10))
  while ((tenths-- > 0)); do
    grep -qE "$pattern" "$log" 2>/dev/null && return 0
    sleep 0.1
  done
  echo "$SCENARIO: '$pattern' not seen in $1.log; its end:" >&2
  tail -n 5 "$log" >&2 || true
  return 1
}

# drop client|server MATCH…: what arrives there and matches is lost; drop_end undoes it
drop() {
  local side=$1
  shift
  local match=$*
  [[ $match == udp ]] && match='meta l4proto udp'
  "$side" nft add table inet loss
  "$side" nft add chain inet loss input '{ type filter hook input priority 0 ; }'
  # shellcheck disable=SC2086
  "$side" nft add rule inet loss input $match drop
}
drop_end() { "$1" nft delete table inet loss; }

# translate NS RULE…: source address translation on the way out
translate() {
  local ns=$1
  shift
  ip netns exec "$ns" nft add table ip translation
  ip netns exec "$ns" nft add chain ip translation out '{ type nat hook postrouting priority 100 ; }'
  ip netns exec "$ns" nft add rule ip translation out "$@"
}

# listening client|server udp|tcp PORT: waits until something listens
listening() {
  local side=$1 flag=-u tenths=50
  [[ $2 == tcp ]] && flag=-t
  while ((tenths-- > 0)); do
    "$side" ss -Hln $flag | awk '{print $4}' | grep -q ":$3\$" && return 0
    sleep 0.1
  done
  echo "$SCENARIO: nothing listens on $2 $3" >&2
  return 1
}

capture() { capture_at client eth0 "$@"; }

# capture_at client|server|NS INTERFACE FILE [tcpdump args…]
capture_at() {
  local side=$1 interface=$2 file=$3
  shift 3
  spawn tcpdump "$side" tcpdump -i "$interface" --immediate-mode -U -Z root -w "$WORK/$file.pcap" "$@"
  CAPTURE_PID=$LAST_PID
  wait_for tcpdump 'listening on' 10
}

capture_end() {
  sleep "${1:-0.4}"
  stop "$CAPTURE_PID" INT
}

derive() {
  local file=$1 from=$2
  shift 2
  tcpdump -n -Z root -r "$WORK/$from.pcap" -w "$WORK/$file.pcap" "$@" 2>/dev/null
}

# excerpt FILE FROM FIRST COUNT: that many packets of a finished capture, from the client's first one at or after FIRST.
# Without a handshake nothing but the first packet tells who the initiator is.
excerpt() {
  local field=ip.src first
  [[ $CLIENT == *:* ]] && field=ipv6.src
  first=$(tshark -n -r "$WORK/$2.pcap" -Y "frame.number >= $3 && $field == $CLIENT" -T fields -e frame.number 2>/dev/null | head -n 1)
  editcap -F pcap -r "$WORK/$2.pcap" "$WORK/$1.pcap" "$first-$((first + $4 - 1))"
}

about() { printf 'about\t%s\t%s\t%s\t%s\n' "$FAMILY/$1.pcap" "$2" "$3" "captures/lab/run --only $SCENARIO $FAMILY" >>"$FRAGMENT"; }

positive() {
  local file=$1
  shift
  (($# == 9)) || { echo "$SCENARIO: positive needs 10 fields" >&2; exit 1; }
  local IFS=$'\t'
  printf 'positive\t%s\t%s\n' "$FAMILY/$file.pcap" "$*" >>"$FRAGMENT"
}
