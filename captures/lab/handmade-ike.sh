# IKE messages that no daemon at hand sends, by hand after RFC 7296, RFC 5723 and RFC 2408, in frames of scapy. Sourced by
# ipsec.sh.
#
# handmade_ike FILE: one of the captures described at the scenarios of ipsec.sh

handmade_ike() {
  /usr/bin/python3 - "$1" "$WORK/$1.pcap" 2>"$WORK/scapy.log" <<'SCAPY' || { tail -n 3 "$WORK/scapy.log" >&2; return 1; }
import random, sys, time
from struct import pack
from scapy.all import Ether, IP, UDP, Raw, PcapWriter
name, path = sys.argv[1:3]
seeded = random.Random(name)
octets = lambda count: bytes(seeded.randrange(256) for _ in range(count))
NUMBERS = {'ikev2-lenient': 155, 'ikev2-session-resume': 156, 'ikev2-cisco-fragments': 157, 'ikev1-base': 158, 'ikev2-response-first': 159}
CLIENT, SERVER = '192.0.2.%d' % NUMBERS[name], '203.0.113.%d' % NUMBERS[name]
PORT = 4500 if name == 'ikev2-cisco-fragments' else 500
writer = PcapWriter(path, linktype=1)
clock = time.time()

def write(message, back):
    global clock
    clock += 0.03
    macs = ('02:00:5e:00:00:01', '02:00:5e:00:00:02')
    marker = bytes(4) if PORT == 4500 else b''
    ip = IP(src=SERVER, dst=CLIENT) if back else IP(src=CLIENT, dst=SERVER)
    frame = Ether(src=macs[back], dst=macs[not back]) / ip / UDP(sport=PORT, dport=PORT) / Raw(marker + message)
    frame.time = clock
    writer.write(frame)

# RFC 7296 sections 3.1 and 3.2; RFC 2408 sections 3.1 and 3.2
def ike(exchange, payloads, spi_r=bytes(8), version=0x20, flags=0x08, message_id=0, reserved=0):
    chain = b''
    for at, (_, body) in enumerate(payloads):
        following = payloads[at + 1][0] if at + 1 < len(payloads) else 0
        chain += pack('>BBH', following, reserved, 4 + len(body)) + body
    return SPI_I + spi_r + pack('>BBBBII', payloads[0][0], version, exchange, flags, message_id, 28 + len(chain)) + chain

SPI_I, SPI_R = octets(8), octets(8)
# RFC 7296 section 3.3: AES-CBC 128, HMAC-SHA2-256, PRF-HMAC-SHA2-256, group 14
SA = bytes.fromhex('0000002c01010004 0300000c0100000c800e0080 0300000803 00000c 0300000802000005 000000080400000e'.replace(' ', ''))
KE, NONCE = pack('>HH', 14, 0) + octets(256), octets(32)
opening = [(33, SA), (34, KE), (40, NONCE)]

if name == 'ikev2-lenient':
    payloads = opening + [(200, octets(12))]
    write(ike(34, payloads, version=0x21, flags=0x49, reserved=0x35) + bytes(16), False)
    write(ike(34, payloads, SPI_R, version=0x21, flags=0x61, reserved=0x12) + bytes(16), True)
elif name == 'ikev2-session-resume':
    write(ike(38, [(40, NONCE), (41, pack('>BBH', 0, 0, 16412) + octets(120))]), False)
    write(ike(38, [(40, octets(32))], SPI_R, flags=0x20), True)
elif name == 'ikev2-cisco-fragments':
    # The parts of a whole message, each behind the message's number, its own and whether it is the last.
    for back in (False, True):
        flags = 0x20 if back else 0x08
        whole = ike(35, [(46, octets(720))], SPI_R, flags=flags, message_id=1)
        for number, part in ((1, whole[:400]), (2, whole[400:])):
            write(ike(35, [(132, pack('>HBB', 7, number, number == 2) + part)], SPI_R, flags=flags, message_id=1), back)
elif name == 'ikev1-base':
    # RFC 2409 appendix A and RFC 2408 section 3.4: one proposal with one transform
    sa = pack('>II', 1, 1) + bytes.fromhex('0000002001010001 0000001801010000 8001000780020002 8003000180040002'.replace(' ', ''))
    write(ike(1, [(1, sa), (10, octets(20))], version=0x10, flags=0), False)
    write(ike(1, [(1, sa), (10, octets(20))], SPI_R, version=0x10, flags=0), True)
elif name == 'ikev2-response-first':
    write(ike(34, opening, SPI_R, flags=0x20), True)
    write(ike(34, opening), False)
writer.close()
SCAPY
}
