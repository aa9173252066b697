// Swagger UI on this service's own description, wherever a proxy has put it.

const here = new URL(".", document.baseURI);
const description = await (await fetch(new URL("openapi.json", here))).json();

SwaggerUIBundle({
  spec: { ...description, servers: [{ url: here.href.replace(/\/$/, "") }] },
  dom_id: "#swagger-ui",
  deepLinking: true,
});
