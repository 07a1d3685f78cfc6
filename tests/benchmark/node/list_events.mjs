// Lists events the way many a small Node service does: token and list anew for each request.

import http from "node:http";

const google = process.env.GOOGLE_EMULATOR_URL;
const calendar = encodeURIComponent(process.env.CALENDAR_ID);

/** An access token, from the refresh token in the environment. */
async function accessToken() {
  const response = await fetch(`${google}/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: process.env.REFRESH_TOKEN,
      client_id: process.env.AUTH_GOOGLE_ID,
      client_secret: process.env.AUTH_GOOGLE_SECRET,
    }),
  });
  if (!response.ok) throw new Error(`token: ${response.status}`);
  return (await response.json()).access_token;
}

/** The events of the next 90 days. */
async function events() {
  const headers = { authorization: `Bearer ${await accessToken()}` };
  const now = Date.now();
  const found = [];
  const query = new URLSearchParams({
    timeMin: new Date(now).toISOString(),
    timeMax: new Date(now + 90 * 86_400_000).toISOString(),
    singleEvents: "true",
    orderBy: "startTime",
  });
  do {
    const url = `${google}/calendar/v3/calendars/${calendar}/events?${query}`;
    const response = await fetch(url, { headers });
    if (!response.ok) throw new Error(`list: ${response.status}`);
    const page = await response.json();
    found.push(...page.items.map(({ start, end, status }) => ({ start, end, status })));
    query.set("pageToken", page.nextPageToken ?? "");
  } while (query.get("pageToken"));
  return found;
}

const [host, port] = process.argv.slice(2);
http
  .createServer(async (_request, response) => {
    try {
      const body = JSON.stringify(await events());
      response.writeHead(200, { "Content-Type": "application/json" }).end(body);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  })
  .listen(Number(port), host);
