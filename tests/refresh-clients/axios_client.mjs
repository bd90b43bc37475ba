// axios: an interceptor that refreshes on a 401, without single flight.
import axios from "axios";
import { run, url } from "./rounds.mjs";

const client = axios.create({ baseURL: url, timeout: 30_000 });
const { data: pair } = await client.post("/api/login", { username: "user_01", password: "1234" });

client.interceptors.request.use((config) => {
  config.headers.Authorization ??= `Bearer ${pair.access_token}`;
  return config;
});
client.interceptors.response.use(undefined, async (error) => {
  const { config, response } = error;
  if (response?.status !== 401 || config.url === "/api/refresh") throw error;
  const headers = { Authorization: `Bearer ${pair.refresh_token}` };
  const { data } = await client.post("/api/refresh", undefined, { headers });
  Object.assign(pair, data);
  config.headers.Authorization = `Bearer ${pair.access_token}`;
  return client.request(config);
});

await run("axios", pair, async () => {
  try {
    return (await client.get("/api/me")).status;
  } catch (error) {
    if (error.response) return error.response.status;
    throw error;
  }
});
