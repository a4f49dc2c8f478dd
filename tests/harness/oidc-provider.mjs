// The npm package oidc-provider on a free port of this machine, with its own pages for signing in: any name is somebody.
// Told where the package lies, it prints its port; it answers 503 until it has read a line of JSON with what it needs to
// know of its client.
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const { default: Provider } = await import(process.argv[2]);

let answer = (_, response) => response.writeHead(503).end();
const server = createServer((request, response) =>
  request.url === "/favicon.ico" ? response.writeHead(204).end() : answer(request, response),
);

createInterface({ input: process.stdin }).once("line", (line) => {
  const { secret, redirect, home } = JSON.parse(line);
  const provider = new Provider(`http://localhost:${server.address().port}`, {
    clients: [
      {
        client_id: "portico",
        client_secret: secret,
        redirect_uris: [redirect],
        post_logout_redirect_uris: [home],
      },
    ],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: id, email: `${id}@example.com`, email_verified: id !== "stranger" }),
    }),
  });
  provider.use(async (context, next) => {
    await next();
    // Its pages ask another site for letters.
    if (typeof context.body === "string") context.body = context.body.replace(/@import[^;]+;/g, "");
  });
  answer = provider.callback();
  console.log("ready");
});

server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
