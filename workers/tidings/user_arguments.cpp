#include "user_arguments.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "commands.h"

namespace tidings::cli {
namespace {

struct UserOptions {
  std::string id;
  store::UserChange change;
  bool yes = false;
};
using Options = std::shared_ptr<UserOptions>;

notification::Target targetFrom(const char* flag, const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == 0 || colon == std::string::npos || colon + 1 == text.size()) {
    throw CLI::ValidationError(flag, "found \"" + text + "\", expected CHANNEL:ADDRESS");
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// "*", "comment", "*:sms" or "comment:sms".
policy::Profile::Preference preferenceFrom(const std::string& text, bool enabled) {
  const size_t colon = text.find(':');
  policy::Profile::Preference preference;
  preference.scope = text.substr(0, colon);
  preference.channel = colon == std::string::npos ? "*" : text.substr(colon + 1);
  preference.enabled = enabled;
  return preference;
}

void addTargets(CLI::App& sub, const char* flag, std::vector<notification::Target>& to,
                const char* help) {
  sub.add_option_function<std::vector<std::string>>(
         flag,
         [&to, flag](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) to.push_back(targetFrom(flag, text));
         },
         help)
      ->type_name("CHANNEL:ADDRESS")
      ->allow_extra_args(false);
}

void addPreferences(CLI::App& sub, const char* flag, bool enabled, store::UserChange& change,
                    const char* help) {
  sub.add_option_function<std::vector<std::string>>(
         flag,
         [&change, enabled](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             change.setPreferences.push_back(preferenceFrom(text, enabled));
           }
         },
         help)
      ->type_name("TYPE[:CHANNEL]")
      ->allow_extra_args(false);
}

Options addId(CLI::App& sub) {
  auto options = std::make_shared<UserOptions>();
  sub.add_option("ID", options->id, "The recipient")->required()->type_name("");
  return options;
}

void addSet(CLI::App& user, Parsed& parsed) {
  auto* sub =
      user.add_subcommand("set", "Change addresses and preferences; what isn't named stays");
  const Options options = addId(*sub);
  store::UserChange& change = options->change;
  sub->add_option("--locale", change.locale, "e.g. ko-KR; empty removes it");
  sub->add_option("--time-zone", change.timeZone, "e.g. Asia/Seoul; empty removes it");
  auto* mute = sub->add_flag_callback(
      "--mute", [&change] { change.muted = true; }, "Nothing but critical types");
  auto* unmute = sub->add_flag_callback(
      "--unmute", [&change] { change.muted = false; }, "Undo --mute");
  mute->excludes(unmute);
  addTargets(*sub, "--add-address", change.addAddresses, "A device token, number or mailbox");
  addTargets(*sub, "--remove-address", change.removeAddresses, "Take one away");
  addPreferences(*sub, "--allow", true, change, "Wants this type, or \"*\", by all or one channel");
  addPreferences(*sub, "--refuse", false, change, "The opposite");
  sub->add_option("--subscribe", change.subscribe, "A topic")->allow_extra_args(false);
  sub->add_option("--unsubscribe", change.unsubscribe, "A topic")->allow_extra_args(false);
  sub->footer(R"(Examples:
  tidings user set 42 --locale ko-KR --add-address email:kim@example.org
  tidings user set 42 --refuse like --refuse '*:sms')");
  sub->callback([&parsed, options] {
    parsed.command = [options](const Environment& env) {
      return setUser(env, options->id, options->change);
    };
  });
}

}  // namespace

void addUser(CLI::App& app, Parsed& parsed) {
  auto* user = app.add_subcommand("user", "A recipient's addresses and preferences");
  user->require_subcommand(1);
  auto* show = user->add_subcommand("show", "What is known");
  const Options shown = addId(*show);
  show->callback([&parsed, shown] {
    parsed.command = [shown](const Environment& env) { return showUser(env, shown->id); };
  });
  addSet(*user, parsed);
  auto* forget = user->add_subcommand("forget", "Erase all that the database has of a recipient");
  const Options gone = addId(*forget);
  forget->add_flag("--yes,-y", gone->yes, "Don't ask");
  forget->callback([&parsed, gone] {
    parsed.command = [gone](const Environment& env) {
      return forgetUser(env, gone->id, gone->yes);
    };
  });
}

}  // namespace tidings::cli
