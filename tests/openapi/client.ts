// Signs in and asks who it is, with the types of openapi-typescript and with the client of
// @hey-api/openapi-ts, both generated from the document of the service.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";

import type { paths } from "./generated/types.js";
import { getMe, login } from "./generated/hey/index.js";

const baseUrl = process.env.SERVICE!;
const body = { username: "user_01", password: "1234" };

const typed = createClient<paths>({ baseUrl });
const pair = await typed.POST("/api/login", { body });
const headers = { Authorization: `Bearer ${pair.data!.access_token}` };
const me = await typed.GET("/api/me", { headers });
assert.equal(me.data!.username, body.username);
const refused = await typed.POST("/api/login", { body: { ...body, password: "wrong" } });
assert.equal(refused.error!.code, "bad_credentials");
console.log("openapi-typescript: signed in as", me.data!.username);

const generated = await login({ baseUrl, body, throwOnError: true });
const same = await getMe({ baseUrl, auth: generated.data.access_token, throwOnError: true });
assert.equal(same.data.username, body.username);
console.log("@hey-api/openapi-ts: signed in as", same.data.username);
