/** The OpenAPI document: what is served is what is committed, and every route of it is called by a test. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { readSources, REPOSITORY } from "../fixtures/sources.ts";
import { apiWorld } from "./apiWorld.ts";

interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

it("is served as it is committed", async () => {
  await using api = await apiWorld();
  const served = (await api.get("/v1/openapi.json")).body as unknown as Document;
  const committed = JSON.parse(readFileSync(`${REPOSITORY}docs/openapi.json`, "utf8")) as Document;
  expect({ ...served, info: committed.info }).toEqual(committed);
  expect(served.openapi).toBe("3.1.0");
});

it("names a refusal for every operation, and every name that it points to", () => {
  const text = readFileSync(`${REPOSITORY}docs/openapi.json`, "utf8");
  const { paths, components } = JSON.parse(text) as Document;
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.length).toBeGreaterThan(10);
  expect(operations.filter(({ responses }) => !("default" in responses))).toEqual([]);
  const named = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1] ?? ""));
  expect([...named].toSorted()).toEqual(Object.keys(components.schemas).toSorted());
});

it("holds no route that no test calls", () => {
  const { paths } = JSON.parse(readFileSync(`${REPOSITORY}docs/openapi.json`, "utf8")) as Document;
  const calls = readSources("test/http/*.test.ts")
    .map(({ code }) => code)
    .join("\n");
  const uncalled = Object.keys(paths).filter(
    (path) =>
      !new RegExp(path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "(?:[\\w-]+|\\$\\{[^}]+\\})") + "(?![\\w/])").test(
        calls,
      ),
  );
  expect(uncalled).toEqual([]);
});

it("is what docs/api.md speaks of: every route in its examples is there", () => {
  const { paths } = JSON.parse(readFileSync(`${REPOSITORY}docs/openapi.json`, "utf8")) as Document;
  const page = readFileSync(`${REPOSITORY}docs/api.md`, "utf8");
  const called = [...page.matchAll(/\$API(\/[\w/%]+)/g)].map((match) =>
    (match[1] ?? "").replace(/job_[\w%]+/, "{id}").replace(/w\d{3}/, "{wedge}"),
  );
  expect(called.length).toBeGreaterThan(8);
  expect(called.filter((path) => !(path in paths))).toEqual([]);
});
