'use strict';
// The accounts that the stand-ins know. Fixed, so that configurations can name them before the sandbox runs.

module.exports = {
  fcm: { projectId: 'tidings-sandbox', clientEmail: 'sender@tidings-sandbox.iam.gserviceaccount.com' },
  twilio: {
    accountSid: 'AC00000000000000000000000000000025',
    authToken: 'sandbox-twilio-token',
    apiKeySid: 'SK00000000000000000000000000000025',
    apiKeySecret: 'sandbox-twilio-secret',
    from: '+15557122661',
    messagingServiceSid: 'MG00000000000000000000000000000025',
  },
  smtp: { user: 'tidings', password: 'sandbox-smtp-password', from: 'no-reply@example.com' },
};
