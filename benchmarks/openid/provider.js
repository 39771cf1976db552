// The OpenID provider of make openid-drill. It knows everybody by whatever mail address and password they
// type; who begins with "unverified" or "member" is so, and all others have a verified address and no group.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import Provider from "oidc-provider";

const { issuer, client } = JSON.parse(readFileSync("settings.json"));

const provider = new Provider(issuer, {
  clients: [client],
  claims: { openid: ["sub", "groups"], email: ["email", "email_verified"] },
  cookies: { keys: [client.client_secret] },
  findAccount: (_, mail) => ({
    accountId: mail,
    claims: () => ({
      sub: mail,
      email: mail,
      email_verified: !mail.startsWith("unverified"),
      groups: mail.startsWith("member") ? ["carprice"] : [],
    }),
  }),
});

const pem = readFileSync("host.pem");
createServer({ key: pem, cert: pem }, provider.callback()).listen(new URL(issuer).port);
