'use strict';
// The body of messages:send, field by field, after the FCM v1 discovery document and the newest Node SDK.

const { string, bool, int32, float, duration, timestamp, struct, stringMap, list, enumeration, message } = require('./proto_json');

const prefixed = (prefix, names) => names.map((name) => `${prefix}${name}`);
const ANDROID = 'AndroidNotification';

const color = message({ red: float, green: float, blue: float, alpha: float });
const fcmOptions = message({ analyticsLabel: string });

const androidNotification = message({
  title: string, body: string, icon: string, color: string, sound: string, tag: string, clickAction: string, bodyLocKey: string,
  bodyLocArgs: list(string), titleLocKey: string, titleLocArgs: list(string), channelId: string, ticker: string, sticky: bool,
  eventTime: timestamp, localOnly: bool, image: string, defaultSound: bool, defaultVibrateTimings: bool, defaultLightSettings: bool,
  vibrateTimings: list(duration), notificationCount: int32, bypassProxyNotification: bool,
  lightSettings: message({ color, lightOnDuration: duration, lightOffDuration: duration }),
  notificationPriority: enumeration(`${ANDROID}.NotificationPriority`,
    prefixed('PRIORITY_', ['UNSPECIFIED', 'MIN', 'LOW', 'DEFAULT', 'HIGH', 'MAX'])),
  visibility: enumeration(`${ANDROID}.Visibility`, ['VISIBILITY_UNSPECIFIED', 'PRIVATE', 'PUBLIC', 'SECRET']),
  proxy: enumeration(`${ANDROID}.Proxy`, ['PROXY_UNSPECIFIED', 'ALLOW', 'DENY', 'IF_PRIORITY_LOWERED']),
});

const android = message({
  collapseKey: string, ttl: duration, restrictedPackageName: string, directBootOk: bool, data: stringMap, fcmOptions,
  bandwidthConstrainedOk: bool, restrictedSatelliteOk: bool, notification: androidNotification,
  priority: enumeration('AndroidConfig.AndroidMessagePriority', ['NORMAL', 'HIGH'], true),
});

const apns = message({
  headers: stringMap, payload: struct, fcmOptions: message({ analyticsLabel: string, image: string }), liveActivityToken: string,
});

const webpush = message({
  headers: stringMap, data: stringMap, notification: struct, fcmOptions: message({ link: string, analyticsLabel: string }),
});

const SEND_REQUEST = message({
  validateOnly: bool,
  message: message({
    name: string, token: string, fid: string, topic: string, condition: string, data: stringMap, android, apns, webpush, fcmOptions,
    notification: message({ title: string, body: string, image: string }),
  }, ['token', 'fid', 'topic', 'condition']),
});

module.exports = { SEND_REQUEST };
