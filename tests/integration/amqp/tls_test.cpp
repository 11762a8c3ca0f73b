// TLS against the real broker: a listener is added to it while it runs, with a certificate made on
// the spot.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "amqp/connection.h"
#include "integration/queue/broker.h"

namespace tidings::amqp {
namespace {

using queue::BrokerTest;

uint16_t freePort() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

void shell(const std::string& command) {
  ASSERT_EQ(std::system((command + " >/dev/null 2>&1").c_str()), 0) << command;
}

// Makes a CA and, signed by it, a certificate for `names`.
void makeCertificates(const std::string& dir, const std::string& names) {
  const std::string key = " -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes ";
  const std::string in = "cd " + dir + " && openssl ";
  shell(in + "req -x509" + key + "-keyout ca.key -out ca.pem -days 2 -subj '/CN=Test CA'");
  shell(in + "req" + key + "-keyout server.key -out server.csr -subj /CN=broker");
  std::ofstream(dir + "/names") << "subjectAltName=" << names << "\n";
  shell(in + "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2" +
        " -extfile names -out server.pem");
}

class TlsTest : public BrokerTest {
 public:
  TlsTest() {
    char pattern[] = "/tmp/tidings-tls-XXXXXX";
    dir = ::mkdtemp(pattern);
    port = freePort();
  }
  ~TlsTest() override {
    stack("rabbitmqctl eval 'rabbit_networking:stop_tcp_listener({\"127.0.0.1\", " +
          std::to_string(port) + "}).'");
    std::filesystem::remove_all(dir);
  }
  void listen(const std::string& names) {
    makeCertificates(dir, names);
    shell("chmod -R a+rX " + dir);
    const auto file = [&](const std::string& kind, const std::string& name) {
      return "{" + kind + ",\"" + dir + "/" + name + "\"}";
    };
    stack("rabbitmqctl eval 'rabbit_networking:start_ssl_listener({\"127.0.0.1\", " +
          std::to_string(port) + "}, [" + file("cacertfile", "ca.pem") + "," +
          file("certfile", "server.pem") + "," + file("keyfile", "server.key") + "], 2).'");
  }
  Settings secured(const std::string& host) const {
    Settings where = settings();
    where.endpoints[0].tls = true;
    where.endpoints[0].host = host;
    where.endpoints[0].port = port;
    where.tls.caFile = dir + "/ca.pem";
    return where;
  }
  // Nothing when the connection could be made, else why not.
  std::optional<Error> dial(const Settings& where) { return loop.run(tryOnce(*this, where)); }

  std::string dir;
  uint16_t port;

 private:
  static Task<std::optional<Error>> tryOnce(TlsTest& test, const Settings& where) {
    Counters counters;
    auto connection = co_await connectAny(test.loop, where, counters, test.soon());
    if (!connection.ok()) co_return connection.error();
    co_await (*connection)->close(test.soon());
    co_return std::nullopt;
  }
};

Task<void> talk(TlsTest& test, Settings where) {
  const std::string queue = test.name("tls");
  const std::string large(3 << 20, 'L');
  queue::Publisher::Options publishing;
  publishing.amqp = where;
  queue::Publisher publisher(test.loop, std::move(publishing));
  publisher.start();
  queue::Intake::Options consuming = queue::consuming(queue);
  consuming.amqp = where;
  queue::Inbox inbox(test, std::move(consuming));
  inbox.intake.start();
  EXPECT_TRUE(co_await test.until([&] { return inbox.intake.connected(); }));
  for (const std::string& body : queue::texts("small", large, "after")) {
    queue::Outgoing message{"", queue, body, {}};
    const Status sent = co_await publisher.publish(std::move(message), test.soon());
    EXPECT_TRUE(sent.ok());
  }
  EXPECT_TRUE(co_await test.until([&] { return inbox.messages.size() == 3; }));
  EXPECT_TRUE(inbox.messages[1].body == large);
  for (const auto& message : inbox.messages) inbox.intake.ack(message.ticket);
  co_await inbox.intake.close(test.soon());
  co_await publisher.close(test.soon());
  EXPECT_EQ(co_await test.depth(queue), 0u);
  co_await test.remove(queue);
}

TEST_F(TlsTest, WithTheCaMessagesOfAnySizePass) {
  listen("DNS:localhost");
  loop.run(talk(*this, secured("localhost")));
}

TEST_F(TlsTest, ACertificateForAnAddressIsGoodForTheAddress) {
  listen("IP:127.0.0.1");
  EXPECT_FALSE(dial(secured("127.0.0.1")));
}

TEST_F(TlsTest, ACertificateForAnotherNameIsRefused) {
  listen("DNS:elsewhere.example,IP:127.0.0.2");
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto refused = dial(secured(host));
    ASSERT_TRUE(refused) << host;
    EXPECT_EQ(refused->kind, ErrorKind::permanent) << refused->message;
    EXPECT_NE(refused->message.find("mismatch"), std::string::npos) << refused->message;
  }
}

TEST_F(TlsTest, ACertificateOfAnUnknownCaIsRefused) {
  listen("DNS:localhost");
  Settings systemStore = secured("localhost");
  systemStore.tls.caFile.clear();
  const auto refused = dial(systemStore);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, ErrorKind::permanent) << refused->message;
  EXPECT_NE(refused->message.find("certificate"), std::string::npos) << refused->message;
}

TEST_F(TlsTest, ACaFileThatIsNotThereIsNamed) {
  listen("DNS:localhost");
  Settings where = secured("localhost");
  where.tls.caFile = "/nowhere/ca.pem";
  const auto refused = dial(where);
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->message.find("/nowhere/ca.pem"), std::string::npos) << refused->message;
}

TEST_F(TlsTest, APlainListenerIsNotMistakenForASecureOne) {
  listen("DNS:localhost");
  Settings where = secured("localhost");
  where.endpoints[0].port = settings().endpoints[0].port;
  EXPECT_TRUE(dial(where));
}

}  // namespace
}  // namespace tidings::amqp
