/** Checks and accessors of the messages that fingerprints read, for test/wire. */
import { nullTrailer } from '../../../src/dataplane/assembly/wire/esp-null';
import { walked } from '../../../src/dataplane/assembly/wire/ike-payloads';
import { nextPreface as next } from '../../../src/dataplane/assembly/wire/proxy-preface';
export { brokenGuard, leavePacket, readPacket, takeRegion } from '../../../src/dataplane/assembly/memory';
export { ahLength, ahNextHeader, ahSequence, ahSpi, checkAh } from '../../../src/dataplane/assembly/wire/ah';
export { checkEsp, espSequence, espSpi } from '../../../src/dataplane/assembly/wire/esp';
export { findNullTrailer } from '../../../src/dataplane/assembly/wire/esp-null';
export {
  checkIke,
  hasResponderSpi,
  ikeExchange,
  ikeFlags,
  ikeLength,
  ikeVersion,
  initiatorSpiHigh,
  initiatorSpiLow,
  isIkeV2,
  isTcpPrefix,
  isV1Encrypted,
  isV2Exchange,
  nextPayload,
  opensIke,
  opensV1,
  opensV2,
  responderSpiHigh,
  responderSpiLow,
} from '../../../src/dataplane/assembly/wire/ike';
export { checkCutIke, checkMarkedIke, opensCutIke } from '../../../src/dataplane/assembly/wire/ike-cut';
export {
  Chain,
  isEncryptedV2,
  opensWithV1Sa,
  SeenPayload,
  walkPayloads,
} from '../../../src/dataplane/assembly/wire/ike-payloads';
export {
  ackCount,
  authReplayOffset,
  bodyLength,
  bodyOffset,
  checkPlainBody,
  CRYPT_HEADER_LENGTH,
  CRYPT_RESET_LENGTH,
  dataCiphertextOffset,
  dataPacketId,
  epochCounter,
  hasPacketId,
  HMAC_LENGTH_COUNT,
  hmacLengthAt,
  isClientReset,
  isControl,
  isEpoch,
  isHardReset,
  isOpcode,
  isTlsHello,
  keyId,
  opcode,
  opensKey,
  packetId,
  packetIdOffset,
  peerIdWord,
  PLAIN_RESET_LENGTH,
  remoteSessionIdOffset,
  replayId,
  replayTime,
  sessionIdHigh,
  sessionIdLow,
  wrappedKeyLength,
} from '../../../src/dataplane/assembly/wire/openvpn';
export {
  NOT_A_PREFACE,
  Preface,
  PREFACE_CUT,
  prefaceStep,
  socks5UdpHeaderLength,
} from '../../../src/dataplane/assembly/wire/proxy-preface';
export {
  NO_PROXY_HEADER,
  PROXY_HEADER_CUT,
  proxyHeaderLength,
} from '../../../src/dataplane/assembly/wire/proxy-protocol';
export {
  checkLongHeader,
  destinationIdAt,
  destinationIdLength,
  quicVersion,
  sourceIdAt,
  sourceIdLength,
} from '../../../src/dataplane/assembly/wire/quic';
export {
  counterHigh,
  counterLow,
  initiationSender,
  isDisco,
  isMac2Zero,
  isWireguardLength,
  mac2At,
  opensHandshake,
  opensWireguard,
  receiverIndex,
  responseReceiver,
  responseSender,
  secretField,
  secretFieldCount,
  wireguardType,
} from '../../../src/dataplane/assembly/wire/wireguard';

export function payloadsSeen(): u32 {
  return walked.seen;
}

export function nullNextHeader(): u32 {
  return nullTrailer.nextHeader;
}

export function nextPreface(): i32 {
  return next.phase;
}
