// ky: a hook that refreshes after a 401, without single flight.
import ky from "ky";
import { run, url } from "./rounds.mjs";

const login = { username: "user_01", password: "1234" };
const plain = ky.create({ prefixUrl: url, timeout: 30_000, retry: 0, throwHttpErrors: false });
const pair = await plain.post("api/login", { json: login }).json();

const client = plain.extend({
  hooks: {
    beforeRequest: [
      (request) => request.headers.set("Authorization", `Bearer ${pair.access_token}`),
    ],
    afterResponse: [
      async (request, _options, response) => {
        if (response.status !== 401) return response;
        const headers = { Authorization: `Bearer ${pair.refresh_token}` };
        const refreshed = await plain.post("api/refresh", { headers });
        if (refreshed.status !== 200) return refreshed;
        Object.assign(pair, await refreshed.json());
        request.headers.set("Authorization", `Bearer ${pair.access_token}`);
        return ky(request, { timeout: 30_000, retry: 0, throwHttpErrors: false });
      },
    ],
  },
});

await run("ky", pair, async () => (await client.get("api/me")).status);
