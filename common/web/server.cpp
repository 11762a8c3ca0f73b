#include "web/server.h"

#include <libwebsockets.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <stdexcept>

#include "runtime/loop_sleep.h"
#include "web/listen.h"

namespace tidings::web {
namespace {

constexpr size_t chunkBytes = 16 * 1024;
constexpr size_t headerBytes = 4096;
// Turns of the loop after which libuv has run every close callback of libwebsockets: its handles
// close in two waves of one turn each.
constexpr int closingTurns = 8;

// libwebsockets logs through one function pointer per process.
std::function<void(bool, std::string_view)> logTarget;

void emitLog(int level, const char* text) {
  std::string_view line(text);
  while (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (logTarget) logTarget((level & LLL_ERR) != 0, line);
}

// What is still to be sent on a connection. libwebsockets allocates it zeroed and frees it unseen.
struct Session {
  std::string* body;
  size_t sent;
  bool close;

  void drop() {
    delete body;
    body = nullptr;
  }
};

class LwsServer final : public Server {
 public:
  LwsServer(Loop& loop, Options options, Routes routes, ListenSocket socket)
      : loop_(loop),
        options_(std::move(options)),
        routes_(std::move(routes)),
        socket_(std::move(socket)) {}
  ~LwsServer() override { assert(context_ == nullptr && "co_await close() first"); }

  uint16_t port() const override { return socket_.port(); }
  Task<void> close() override;
  Status open();

 private:
  static int onEvent(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t length);
  int onRequest(lws* wsi, Session& session);
  static int sendAndClose(lws* wsi, std::string_view text);
  int onWritable(lws* wsi, Session& session);
  int respond(lws* wsi, Session& session, Answer answer, bool withBody);
  Answer answerFor(int method, std::string_view path) const;
  void acceptAll();
  void pauseAccepting();
  bool createContext();

  Loop& loop_;
  const Options options_;
  const Routes routes_;
  ListenSocket socket_;
  std::unique_ptr<FdWatch> watch_;
  std::array<lws_protocols, 2> protocols_{};
  lws_context* context_ = nullptr;
  lws_vhost* vhost_ = nullptr;
  int connections_ = 0;
  TimerId resume_ = 0;
};

bool LwsServer::createContext() {
  protocols_[0] = {"http", &LwsServer::onEvent, sizeof(Session), 0, 0, this, 0};
  void* uvLoop = loop_.native();
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN_SERVER;  // we accept, so that a port in use is a clear error
  info.protocols = protocols_.data();
  info.foreign_loops = &uvLoop;
  info.pcontext = &context_;
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                 LWS_SERVER_OPTION_DISABLE_IPV6 | LWS_SERVER_OPTION_SKIP_SERVER_CANONICAL_NAME;
  info.fd_limit_per_thread = static_cast<unsigned>(options_.maxConnections) + 8;
  info.max_http_header_data = headerBytes;
  info.max_http_header_pool = static_cast<unsigned short>(options_.maxConnections);
  info.timeout_secs =
      static_cast<unsigned>(std::max<int64_t>(options_.requestTimeout.count() / 1000, 1));
  info.keepalive_timeout = static_cast<int>(info.timeout_secs) * 6;  // above a scraper's interval
  info.timeout_secs_ah_idle = info.timeout_secs;
  info.server_string = "tidings";
  info.user = this;
  context_ = lws_create_context(&info);
  if (context_ != nullptr) vhost_ = lws_create_vhost(context_, &info);
  return vhost_ != nullptr;
}

Status LwsServer::open() {
  logTarget = options_.onLog;
  lws_set_log_level(LLL_ERR | LLL_WARN, &emitLog);
  // Neither fails but for want of memory or of the event library's package: a broken installation.
  if (!createContext()) throw std::runtime_error("libwebsockets with its libuv plugin can't start");
  watch_ = loop_.watch(socket_.fd(), [this](bool, bool) { acceptAll(); });
  watch_->want(true, false);
  return done;
}

void LwsServer::acceptAll() {
  for (int fd = 0; (fd = socket_.accept()) >= 0;) {
    if (connections_ >= options_.maxConnections) {
      ::close(fd);
      continue;
    }
    if (lws_adopt_socket_vhost(vhost_, fd) != nullptr) ++connections_;
  }
  if (errno == EMFILE || errno == ENFILE) pauseAccepting();
}

// Without descriptors the waiting connection stays readable: the loop would spin.
void LwsServer::pauseAccepting() {
  watch_->want(false, false);
  resume_ = loop_.after(Millis{1000}, [this] {
    resume_ = 0;
    watch_->want(true, false);
  });
}

int LwsServer::onEvent(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t length) {
  const lws_protocols* protocol = wsi == nullptr ? nullptr : lws_get_protocol(wsi);
  auto* self = protocol == nullptr ? nullptr : static_cast<LwsServer*>(protocol->user);
  auto* session = static_cast<Session*>(user);
  switch (reason) {
    case LWS_CALLBACK_HTTP:
      return self->onRequest(wsi, *session);
    case LWS_CALLBACK_HTTP_WRITEABLE:
      return self->onWritable(wsi, *session);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
      if (session != nullptr) session->drop();
      return 0;
    case LWS_CALLBACK_WSI_DESTROY:
      if (self != nullptr) --self->connections_;
      return 0;
    case LWS_CALLBACK_FILTER_HTTP_CONNECTION:
    case LWS_CALLBACK_HTTP_BODY:
      return 0;
    default:
      return lws_callback_http_dummy(wsi, reason, user, in, length);
  }
}

Answer LwsServer::answerFor(int method, std::string_view path) const {
  const auto route = routes_.find(path);
  if (route == routes_.end()) return {404, "text/plain; charset=utf-8", "not found\n"};
  if (method != LWSHUMETH_GET && method != LWSHUMETH_HEAD) {
    return {405, "text/plain; charset=utf-8", "only GET and HEAD\n"};
  }
  return route->second();
}

// A refusal is short enough for any socket's buffer. libwebsockets would wait for the request's
// body before it lets us write in our turn.
int LwsServer::sendAndClose(lws* wsi, std::string_view text) {
  std::array<unsigned char, LWS_PRE + 256> buffer;
  const size_t count = text.copy(reinterpret_cast<char*>(buffer.data()) + LWS_PRE, 256);
  lws_write(wsi, buffer.data() + LWS_PRE, count, LWS_WRITE_HTTP_FINAL);
  return -1;
}

int LwsServer::onRequest(lws* wsi, Session& session) {
  char* path = nullptr;
  int length = 0;
  const int method = lws_http_get_uri_and_method(wsi, &path, &length);
  if (method < 0) return -1;
  session.drop();
  session.sent = 0;
  // A request with a body that nobody reads can't be followed by another.
  session.close = method != LWSHUMETH_GET && method != LWSHUMETH_HEAD;
  return respond(wsi, session, answerFor(method, {path, static_cast<size_t>(length)}),
                 method != LWSHUMETH_HEAD);
}

int LwsServer::respond(lws* wsi, Session& session, Answer answer, bool withBody) {
  std::array<unsigned char, LWS_PRE + headerBytes> buffer;
  unsigned char* start = buffer.data() + LWS_PRE;
  unsigned char* at = start;
  unsigned char* end = buffer.data() + buffer.size() - 1;
  if (lws_add_http_common_headers(wsi, static_cast<unsigned>(answer.status),
                                  answer.contentType.c_str(), answer.body.size(), &at, end) != 0) {
    return 1;
  }
  if (answer.status == 405) {
    constexpr std::string_view allow = "GET, HEAD";
    if (lws_add_http_header_by_name(wsi, reinterpret_cast<const unsigned char*>("allow:"),
                                    reinterpret_cast<const unsigned char*>(allow.data()),
                                    static_cast<int>(allow.size()), &at, end) != 0) {
      return 1;
    }
  }
  if (lws_finalize_write_http_header(wsi, start, &at, end) != 0) return 1;
  if (!withBody) answer.body.clear();
  if (session.close) return sendAndClose(wsi, answer.body);
  session.body = new std::string(std::move(answer.body));
  lws_callback_on_writable(wsi);
  return 0;
}

int LwsServer::onWritable(lws* wsi, Session& session) {
  if (session.body == nullptr) return 0;
  const size_t count = std::min(session.body->size() - session.sent, chunkBytes);
  if (count > 0) {
    const bool last = session.sent + count == session.body->size();
    std::array<unsigned char, LWS_PRE + chunkBytes> buffer;
    std::copy_n(session.body->data() + session.sent, count, buffer.data() + LWS_PRE);
    const int written = lws_write(wsi, buffer.data() + LWS_PRE, count,
                                  last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
    if (written != static_cast<int>(count)) return -1;
    session.sent += count;
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT,
                    static_cast<int>(options_.requestTimeout.count() / 1000) + 1);
    if (!last) return lws_callback_on_writable(wsi) < 0 ? -1 : 0;
  }
  session.drop();
  return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

Task<void> LwsServer::close() {
  watch_.reset();
  loop_.cancel(resume_);
  if (context_ == nullptr) co_return;
  lws_context_destroy(context_);
  for (int turn = 0; turn < closingTurns; ++turn) co_await sleepFor(loop_, Millis{1});
  if (context_ != nullptr) lws_context_destroy(context_);  // the second half; clears context_
  assert(context_ == nullptr);
  logTarget = nullptr;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Loop& loop, Options options, Routes routes) {
  auto socket = ListenSocket::open(options.listen);
  if (!socket) return socket.error();
  auto server =
      std::make_unique<LwsServer>(loop, std::move(options), std::move(routes), std::move(*socket));
  if (auto opened = server->open(); !opened) return opened.error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tidings::web
