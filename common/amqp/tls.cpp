#include "amqp/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace tidings::amqp {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL, Free>;

std::string opensslReason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown TLS error" : text;
}

Error unusable(const std::string& what) {
  return Error{ErrorKind::permanent, "TLS: can't use " + what + ": " + opensslReason()};
}

Result<Context> makeContext(const TlsSettings& settings) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context) return unusable("OpenSSL");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool trusts = settings.caFile.empty()
                          ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                          : SSL_CTX_load_verify_file(context.get(), settings.caFile.c_str()) == 1;
  if (!trusts) return unusable("the CA file " + settings.caFile);
  if (settings.certFile.empty()) return context;
  if (SSL_CTX_use_certificate_chain_file(context.get(), settings.certFile.c_str()) != 1) {
    return unusable("the certificate " + settings.certFile);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), settings.keyFile.c_str(), SSL_FILETYPE_PEM) != 1) {
    return unusable("the key " + settings.keyFile);
  }
  return context;
}

bool isAddress(const std::string& host) {
  in6_addr ignored;
  return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

// The name, or the IP address, that the certificate must carry.
bool expectName(SSL* ssl, const std::string& host) {
  if (isAddress(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

// OpenSSL reads and writes memory, and this class moves it: its own socket functions would raise
// SIGPIPE.
class TlsSocket final : public Socket {
 public:
  TlsSocket(Descriptor fd, Session ssl)
      : fd_(std::move(fd)),
        ssl_(std::move(ssl)),
        in_(BIO_new(BIO_s_mem())),
        out_(BIO_new(BIO_s_mem())) {
    SSL_set_bio(ssl_.get(), in_, out_);  // takes both over
    SSL_set_connect_state(ssl_.get());
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }

  int fd() const override { return fd_.get(); }
  bool unsent() const override { return !cipher_.empty() || BIO_ctrl_pending(out_) > 0; }
  bool buffered() const override {
    return SSL_pending(ssl_.get()) > 0 || BIO_ctrl_pending(in_) > 0;
  }

  // True when done.
  Result<bool> handshake() {
    ERR_clear_error();
    const int rc = SSL_do_handshake(ssl_.get());
    const int why = SSL_get_error(ssl_.get(), rc);
    const Status sent = flush();
    if (rc == 1) return true;
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) return refused();
    if (!sent.ok()) return sent.error();
    return false;
  }

  Status receive() {
    char bytes[16384];
    const Result<size_t> got = readSome(fd_.get(), bytes, sizeof bytes);
    if (!got.ok()) return got.error();
    BIO_write(in_, bytes, static_cast<int>(*got));
    return done;
  }

  Result<size_t> read(char* into, size_t room) override {
    for (;;) {
      ERR_clear_error();
      size_t got = 0;
      const int rc = SSL_read_ex(ssl_.get(), into, room, &got);
      if (rc == 1) return got;
      const int why = SSL_get_error(ssl_.get(), rc);
      if (why == SSL_ERROR_ZERO_RETURN) {
        return Error{ErrorKind::transient, "the broker closed the TLS session"};
      }
      if (why != SSL_ERROR_WANT_READ) return refused();
      const Status received = receive();
      if (!received.ok()) return received.error();
      if (BIO_ctrl_pending(in_) == 0) return size_t{0};
    }
  }

  Result<size_t> write(std::string_view bytes) override {
    const Status sent = flush();
    if (!sent.ok()) return sent.error();
    if (unsent() || bytes.empty()) return size_t{0};
    ERR_clear_error();
    size_t taken = 0;
    bytes = bytes.substr(0, size_t{1} << 18);
    for (size_t part = 0; taken < bytes.size(); taken += part) {
      if (SSL_write_ex(ssl_.get(), bytes.data() + taken, bytes.size() - taken, &part) != 1) break;
    }
    const Status more = flush();
    if (!more.ok()) return more.error();
    return taken;
  }

 private:
  Status flush() {
    for (;;) {
      if (cipher_.empty()) {
        cipher_.resize(BIO_ctrl_pending(out_));
        if (cipher_.empty()) return done;
        BIO_read(out_, cipher_.data(), static_cast<int>(cipher_.size()));
      }
      const Result<size_t> sent = writeSome(fd_.get(), cipher_);
      if (!sent.ok()) return sent.error();
      if (*sent == 0) return done;
      cipher_.erase(0, *sent);
    }
  }

  Error refused() {
    const long verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK) {
      ERR_clear_error();
      return Error{ErrorKind::permanent, std::string("TLS: the broker's certificate is refused: ") +
                                             X509_verify_cert_error_string(verdict)};
    }
    return Error{ErrorKind::transient, "TLS: " + opensslReason()};
  }

  Descriptor fd_;
  Session ssl_;
  BIO* in_;
  BIO* out_;
  std::string cipher_;
};

}  // namespace

Task<Result<std::unique_ptr<Socket>>> secure(Loop& loop, Descriptor fd, std::string host,
                                             const TlsSettings& settings, Deadline deadline) {
  Result<Context> context = makeContext(settings);
  if (!context.ok()) co_return context.error();
  Session ssl(SSL_new(context->get()));
  if (!ssl || !expectName(ssl.get(), host)) co_return unusable("the host name " + host);
  auto socket = std::make_unique<TlsSocket>(std::move(fd), std::move(ssl));
  for (;;) {
    const Result<bool> finished = socket->handshake();
    if (!finished.ok()) co_return finished.error();
    if (*finished) break;
    const bool ready = co_await untilReady(loop, socket->fd(), true, socket->unsent(), deadline);
    if (!ready) co_return Error{ErrorKind::unreachable, "no answer in the TLS handshake"};
    const Status received = socket->receive();
    if (!received.ok()) co_return received.error();
  }
  std::unique_ptr<Socket> secured = std::move(socket);
  co_return std::move(secured);
}

}  // namespace tidings::amqp
