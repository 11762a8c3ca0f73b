#include "observe/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include "observe/log_line.h"
#include "observe/log_writer.h"

namespace tidings::observe {
namespace {

// The lines come ready-made, so spdlog's pattern formatter is passed over.
class WriterSink final : public spdlog::sinks::sink {
 public:
  explicit WriterSink(LogWriter& writer) : writer_(writer) {}
  void log(const spdlog::details::log_msg& message) override {
    writer_.add({message.payload.data(), message.payload.size()},
                message.level >= spdlog::level::err);
  }
  void flush() override { writer_.flush(); }
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  LogWriter& writer_;
};

spdlog::level::level_enum toSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warn:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

}  // namespace

std::string_view toString(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      break;
  }
  return "off";
}

std::optional<LogLevel> parseLogLevel(std::string_view name) {
  for (const auto level :
       {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::off}) {
    if (toString(level) == name) return level;
  }
  return std::nullopt;
}

std::optional<LogFormat> parseLogFormat(std::string_view name) {
  if (name == "text") return LogFormat::text;
  if (name == "json") return LogFormat::json;
  return std::nullopt;
}

struct Log::Impl {
  Impl(const Clock& time, const Options& options)
      : clock(time),
        format(options.format),
        writer(options.fd, options.maxBuffered, options.flushEvery),
        logger("tidings", std::make_shared<WriterSink>(writer)) {
    logger.set_level(spdlog::level::trace);  // Log itself decides, and SIGHUP may lower the level
  }
  void write(LogLevel level, const std::string& line) {
    logger.log(toSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

  const Clock& clock;
  const LogFormat format;
  LogWriter writer;
  spdlog::logger logger;
};

Log::Log(const Clock& clock, Options options)
    : impl_(std::make_unique<Impl>(clock, options)), level_(options.level) {}
Log::~Log() = default;

void Log::writeTransition(LogLevel level, const Transition& what) {
  thread_local std::string line;  // its memory is used again
  line = formatTransition(impl_->format, impl_->clock.wall(), level, what, std::move(line));
  impl_->write(level, line);
}

void Log::writeEvent(LogLevel level, std::string_view event, LogFields fields) {
  impl_->write(level, formatEvent(impl_->format, impl_->clock.wall(), level, event, fields));
}

void Log::flush() { impl_->writer.flush(); }
uint64_t Log::dropped() const { return impl_->writer.dropped(); }

}  // namespace tidings::observe
