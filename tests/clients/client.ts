// What a portal written in TypeScript asks for, by types generated from the service's own description.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [url, key, assetId] = process.argv.slice(2) as [string, string, string];
const { DELETE, GET, PATCH, POST } = createClient<paths>({
  baseUrl: url,
  headers: { Authorization: `Bearer ${key}` },
});

const renamed = await PATCH("/v1/assets/{asset_id}", {
  params: { path: { asset_id: assetId } },
  body: { external_id: "typescript-1" },
});
const found = await GET("/v1/assets", { params: { query: { external_id: "typescript-1" } } });
const course = await POST("/v1/collections", { body: { title: "From TypeScript" } });
const issued = await POST("/v1/playback-tokens", { body: { external_id: "typescript-1", viewer: "student-7" } });
const partner = await POST("/v1/partners", { body: { name: "From TypeScript" } });
const missing = await GET("/v1/assets/{asset_id}", { params: { path: { asset_id: "0".repeat(24) } } });

if (course.data) await DELETE("/v1/collections/{collection_id}", { params: { path: { collection_id: course.data.id } } });
if (partner.data) await DELETE("/v1/partners/{partner_id}", { params: { path: { partner_id: partner.data.id } } });

console.log(
  JSON.stringify({
    title: renamed.data?.title,
    found: found.data?.assets.map((asset) => asset.id),
    count: course.data?.count,
    issued: issued.data?.tokens.map((one) => one.manifest_url?.startsWith(url)),
    requests: partner.data?.requests_per_second,
    problem: missing.error?.code,
  }),
);
