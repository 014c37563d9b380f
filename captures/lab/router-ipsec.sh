# AH and ESP between routers with scapy: VRRP, PIM, OSPFv3 and RIPng as RFC 4302, RFC 4303, RFC 4552 and RFC 5796 have
# them. Sourced by negative.sh.
#
# routers FILE: one of the captures described at the scenarios of negative.sh

routers() {
  /usr/bin/python3 - "$1" "$WORK/$1.pcap" 2>"$WORK/scapy.log" <<'SCAPY' || { tail -n 3 "$WORK/scapy.log" >&2; return 1; }
import random, sys, time
from scapy.all import AH, ESP, Ether, IP, IPv6, Raw, PcapWriter, SecurityAssociation
from scapy.layers.vrrp import VRRP
name, path = sys.argv[1:3]
seeded = random.Random(name)
octets = lambda count: bytes(seeded.randrange(256) for _ in range(count))
writer = PcapWriter(path, linktype=1)
clock = time.time()

def write(packet, seconds):
    global clock
    clock += seconds
    frame = Ether(src='02:00:5e:00:00:01', dst='02:00:5e:00:00:02') / packet
    frame.time = clock
    writer.write(frame)

def ah(spi): return SecurityAssociation(AH, spi=spi, auth_algo='HMAC-SHA1-96', auth_key=octets(20))
def esp(spi, crypt='NULL'):
    return SecurityAssociation(ESP, spi=spi, crypt_algo=crypt, crypt_key=octets(16) if crypt != 'NULL' else None, auth_algo='HMAC-SHA1-96', auth_key=octets(20))
def ospf3(kind, router): # RFC 5340 section A.3.1: version 3, type, length, router id, area, checksum, instance
    body = octets(20)
    return bytes([3, kind]) + (16 + len(body)).to_bytes(2, 'big') + bytes([10, 0, 0, router]) + bytes(4) + bytes(4) + body

A, B = 'fe80::a', 'fe80::b'
if name == 'routers-vrrp-ah':
    sa = ah(0xc0000201)
    for _ in range(8):
        write(sa.encrypt(IP(src='192.0.2.1', dst='224.0.0.18', ttl=255, proto=112) / VRRP(vrid=51, priority=100, addrlist=['192.0.2.254'])), 1)
elif name == 'routers-pim-ah':
    v4, v6 = ah(0x0a0b0c0d), ah(0x1a2b3c4d)
    for _ in range(6):
        write(v4.encrypt(IP(src='192.0.2.1', dst='224.0.0.13', ttl=1, proto=103) / Raw(b'\x20\x00' + octets(32))), 30)
        write(v6.encrypt(IPv6(src=A, dst='ff02::d', hlim=1, nh=103) / Raw(b'\x20\x00' + octets(32))), 0.1)
elif name == 'routers-ospfv3-esp':
    hello, data = esp(0x00000100), esp(0x00000100, 'AES-CBC')
    for _ in range(6):
        write(hello.encrypt(IPv6(src=A, dst='ff02::5', hlim=1, nh=89) / Raw(ospf3(1, 1))), 10)
        write(data.encrypt(IPv6(src=A, dst='ff02::6', hlim=1, nh=89) / Raw(ospf3(4, 1))), 0.1)
elif name == 'routers-ripng-esp':
    sa = esp(0x00000200, 'AES-CBC')
    for _ in range(6):
        write(sa.encrypt(IPv6(src=A, dst='ff02::9', hlim=255, nh=17) / Raw((521).to_bytes(2, 'big') * 2 + b'\x00\x20' + octets(26))), 30)
elif name == 'routers-ospfv3-unicast':
    there, back = esp(0x00000300), esp(0x00000300)
    for _ in range(5):
        write(there.encrypt(IPv6(src=A, dst=B, hlim=1, nh=89) / Raw(ospf3(2, 1))), 0.2)
        write(back.encrypt(IPv6(src=B, dst=A, hlim=1, nh=89) / Raw(ospf3(3, 2))), 0.1)
elif name == 'routers-ospf-virtual-link-ah':
    there, back = ah(0x00000400), ah(0x00000401)
    for _ in range(5):
        write(there.encrypt(IPv6(src='2001:db8:1::1', dst='2001:db8:2::1', nh=89) / Raw(ospf3(1, 1))), 5)
        write(back.encrypt(IPv6(src='2001:db8:2::1', dst='2001:db8:1::1', nh=89) / Raw(ospf3(1, 2))), 5)
else:
    sys.exit('unknown capture ' + name)
writer.close()
SCAPY
}
