# Native ESP and AH with scapy, run as a tool: it builds the packets after RFC 4303 and RFC 4302, encrypted and
# authenticated with real keys, and writes them as a capture. Sourced by ipsec.sh.
#
# native FILE: one of the captures described at the scenarios of ipsec.sh

native() {
  /usr/bin/python3 - "$1" "$WORK/$1.pcap" 2>"$WORK/scapy.log" <<'SCAPY' || { tail -n 3 "$WORK/scapy.log" >&2; return 1; }
import random, sys, time
from scapy.all import AH, ESP, Ether, ICMP, IP, IPv6, ICMPv6EchoRequest, ICMPv6EchoReply, Raw, UDP, PcapWriter, SecurityAssociation, fragment, raw
name, path = sys.argv[1:3]
seeded = random.Random(name)
octets = lambda count: bytes(seeded.randrange(256) for _ in range(count))
CLIENT_MAC, SERVER_MAC = '02:00:5e:00:00:01', '02:00:5e:00:00:02'
writer = PcapWriter(path, linktype=1)
clock = time.time()

def write(packet, back):
    global clock
    clock += 0.0004 if back else 0.05
    frame = Ether(src=SERVER_MAC if back else CLIENT_MAC, dst=CLIENT_MAC if back else SERVER_MAC) / packet
    frame.time = clock
    writer.write(frame)

def esp(src, dst, spi, seq=1, crypt='AES-CBC', tunnel=True, algo='HMAC-SHA1-96', size=20):
    version = IPv6 if ':' in src else IP
    keys = {'AES-CBC': 16, 'AES-GCM': 20, 'NULL': 0}
    auth = {} if crypt == 'AES-GCM' else {'auth_algo': algo, 'auth_key': octets(size)}
    return SecurityAssociation(ESP, spi=spi, seq_num=seq, crypt_algo=crypt, crypt_key=octets(keys[crypt]) or None,
                               tunnel_header=version(src=src, dst=dst) if tunnel else None, **auth)

def ah(src, dst, spi, seq=1, algo='HMAC-SHA1-96', size=20):
    return SecurityAssociation(AH, spi=spi, seq_num=seq, auth_algo=algo, auth_key=octets(size))

def inner(version, src, dst, number, back, size=56):
    if version == 6:
        ping = (ICMPv6EchoReply if back else ICMPv6EchoRequest)(id=77, seq=number, data=bytes(range(256))[:size])
        return IPv6(src=src, dst=dst) / ping
    return IP(src=src, dst=dst, id=number) / ICMP(type=0 if back else 8, id=77, seq=number) / Raw((bytes(range(256)) * 8)[:size])

def in_udp(packet):
    """The same ESP over UDP on port 4500 (RFC 3948): scapy's own header for that states no length."""
    return IP(src=packet.src, dst=packet.dst) / UDP(sport=4500, dport=4500) / Raw(raw(packet[ESP]))

def exchange(there, back, count, version=4, ends=('10.1.0.1', '10.2.0.1'), size=56):
    for number in range(1, count + 1):
        write(there.encrypt(inner(version, ends[0], ends[1], number, False, size)), False)
        write(back.encrypt(inner(version, ends[1], ends[0], number, True, size)), True)

V6_ENDS = ('2001:db8:a::1', '2001:db8:b::1')
if name == 'esp':
    a, b = '192.0.2.140', '198.51.100.140'
    exchange(esp(a, b, 0xc3a1f00d), esp(b, a, 0x0c77d1e2), 12)
elif name == 'ah':
    a, b = '192.0.2.141', '198.51.100.141'
    exchange(ah(a, b, 0xcafe0141), ah(b, a, 0x9d3b2201), 8, ends=(a, b))
elif name == 'esp-v6':
    a, b = '2001:db8:1::142', '2001:db8:2::142'
    exchange(esp(a, b, 0xc9a85f2e, crypt='AES-GCM'), esp(b, a, 0xce114090, crypt='AES-GCM'), 8, 6, V6_ENDS)
elif name == 'ah-v6':
    a, b = '2001:db8:1::143', '2001:db8:2::143'
    exchange(ah(a, b, 0x00001001, algo='SHA2-256-128', size=32), ah(b, a, 0x00001002, algo='SHA2-256-128', size=32), 6, 6, (a, b))
elif name == 'esp-one-packet':
    write(esp('192.0.2.144', '198.51.100.144', 0xc1234567).encrypt(inner(4, '10.1.0.1', '10.2.0.1', 1, False)), False)
elif name == 'ah-one-packet':
    a, b = '192.0.2.145', '198.51.100.145'
    write(ah(a, b, 0xcafe0145).encrypt(inner(4, a, b, 1, False)), False)
elif name == 'esp-several':
    a, b = '192.0.2.146', '198.51.100.146'
    c, d = '192.0.2.147', '203.0.113.147'
    old, new, other = [(esp(x, y, spi), esp(y, x, spi + 0x101)) for x, y, spi in ((a, b, 0xc0000a01), (a, b, 0xc7f00b02), (c, d, 0x00000100))]
    exchange(*old, 3)
    exchange(*other, 2)
    exchange(*new, 3)
    exchange(*other, 2)
elif name == 'esp-one-way':
    association = esp('192.0.2.148', '203.0.113.148', 0xc55aa55a, seq=48211)
    for number in range(10):
        write(association.encrypt(inner(4, '10.1.0.1', '10.2.0.1', number, False, 40 + number * 24)), False)
elif name == 'esp-null':
    a, b = '192.0.2.149', '203.0.113.149'
    exchange(esp(a, b, 0xc0a80101, crypt='NULL'), esp(b, a, 0xc0a80102, crypt='NULL'), 5)
elif name == 'esp-ah-nested':
    a, b = '192.0.2.150', '203.0.113.150'
    sas = {False: (esp(a, b, 0xc1111111, tunnel=False), ah(a, b, 0xc2222222)), True: (esp(b, a, 0xc3333333, tunnel=False), ah(b, a, 0xc4444444))}
    for number in range(1, 6):
        for back in (False, True):
            inside, outside = sas[back]
            packet = inside.encrypt(inner(4, b if back else a, a if back else b, number, back))
            write(outside.encrypt(IP(raw(packet))), back)
elif name == 'esp-fragments':
    a, b = '192.0.2.151', '203.0.113.151'
    there, back = esp(a, b, 0xc6660151), esp(b, a, 0xc6660152)
    for number in range(1, 4):
        for association, reply in ((there, False), (back, True)):
            packet = association.encrypt(inner(4, *(('10.2.0.1', '10.1.0.1') if reply else ('10.1.0.1', '10.2.0.1')), number, reply, 1900))
            packet[IP].id = 0x4000 + number * 2 + reply
            for part in fragment(IP(raw(packet)), 1400):
                write(part, reply)
elif name == 'esp-interleaved':
    a, b = '192.0.2.152', '203.0.113.152'
    pairs = [(esp(a, b, 0xc1520a01, 500), esp(b, a, 0xc1520a02, 900)), (esp(a, b, 0xc7f00b03, 100), esp(b, a, 0xc7f00b04, 300))]
    for number in range(8):
        for there, back in pairs:
            write(there.encrypt(inner(4, '10.1.0.1', '10.2.0.1', number, False)), False)
            write(back.encrypt(inner(4, '10.2.0.1', '10.1.0.1', number, True)), True)
elif name == 'esp-udp-esn':
    a, b = '192.0.2.153', '203.0.113.153'
    there, back = esp(a, b, 0xc1530e01, 0x3a0b11c4), esp(b, a, 0xc1530e02, 0xd20055f1)
    for number in range(12):
        write(in_udp(there.encrypt(inner(4, '10.1.0.1', '10.2.0.1', number, False))), False)
        write(in_udp(back.encrypt(inner(4, '10.2.0.1', '10.1.0.1', number, True))), True)
elif name == 'esp-udp-null-transport':
    a, b = '192.0.2.154', '203.0.113.154'
    there = esp(a, b, 0xc1540b01, 700, 'NULL', False)
    back = esp(b, a, 0xc1540b02, 40, 'NULL', False, 'SHA2-256-128', 32)
    for number in range(8):
        write(in_udp(there.encrypt(IP(src=a, dst=b, id=number) / UDP(sport=1701, dport=1701) / Raw(b'l2tp over ipsec %d' % number))), False)
        write(in_udp(back.encrypt(IP(src=b, dst=a, id=number) / ICMP(type=0, id=77, seq=number) / Raw(b'answer %d' % number))), True)
else:
    sys.exit('unknown capture ' + name)
writer.close()
SCAPY
}
