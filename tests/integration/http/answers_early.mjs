// HTTP/2 as a server speaks it that answers each request as soon as it has its header fields, and declines the rest in the same
// breath (RFC 9113, sections 4.1, 6 and 8.1). Node's own server waits between the two.
const DATA = 0, HEADERS = 1, RST_STREAM = 3, SETTINGS = 4, ACK = 1, END_STREAM = 1, END_HEADERS = 4;
const prefaceBytes = 24, headerBytes = 9;

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const header = Buffer.alloc(headerBytes);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

const noWindow = Buffer.from([0, 4, 0, 0, 0, 0]);  // SETTINGS_INITIAL_WINDOW_SIZE: no byte of a body may come unasked
const status200 = Buffer.from([0x88]);  // RFC 7541, appendix A
const answer = (stream) => Buffer.concat([frame(HEADERS, END_HEADERS, stream, status200), frame(DATA, END_STREAM, stream, Buffer.from('early')),
  frame(RST_STREAM, 0, stream, Buffer.alloc(4))]);

export function answersEarly(socket) {
  let bytes = Buffer.alloc(0), skip = prefaceBytes;
  socket.write(frame(SETTINGS, 0, 0, noWindow));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const rest = bytes.subarray(skip);
      if (rest.length < headerBytes) return;
      const size = headerBytes + rest.readUIntBE(0, 3);
      if (rest.length < size) return;
      if (rest[3] === SETTINGS && rest[4] !== ACK) socket.write(frame(SETTINGS, ACK, 0));
      if (rest[3] === HEADERS) socket.write(answer(rest.readUInt32BE(5)));
      skip += size;
    }
  });
}
