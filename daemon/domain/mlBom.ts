/**
 * What a show's versions were made with, as a CycloneDX 1.6 bill of materials (ML-BOM): models by hash with their licences,
 * ComfyUI, node packs, recipes; and which version needs which of them. For legal and security tools. Pure.
 */
import type { AssetRecord } from "./assetRecord.ts";

export interface BomFacts {
  readonly show: string;
  readonly assets: readonly AssetRecord[];
  /** `urn:uuid:...` of this document. */
  readonly serial: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly hotplate: string;
}

interface Component {
  readonly type: string;
  readonly "bom-ref": string;
  readonly name: string;
  readonly [field: string]: unknown;
}

export function mlBom(of: BomFacts): object {
  const components = new Map<string, Component>();
  const dependencies: { readonly ref: string; readonly dependsOn: readonly string[] }[] = [];
  for (const asset of of.assets) {
    const parts = partsOf(asset);
    for (const part of parts) components.set(part["bom-ref"], part);
    components.set(asset.id, versionPart(asset));
    dependencies.push({ ref: asset.id, dependsOn: parts.map((part) => part["bom-ref"]).toSorted() });
  }
  const show = { type: "application", "bom-ref": `show:${of.show}`, name: of.show };
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: of.serial,
    version: 1,
    metadata: {
      timestamp: of.at,
      tools: { components: [{ type: "application", name: "hotplate", version: of.hotplate }] },
      component: show,
    },
    components: [...components.values()].toSorted((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1)),
    dependencies: [{ ref: show["bom-ref"], dependsOn: of.assets.map(({ id }) => id).toSorted() }, ...dependencies],
  };
}

function partsOf(asset: AssetRecord): readonly Component[] {
  const parts = [
    ...asset.models.map(modelPart),
    enginePart(asset),
    ...asset.nodePacks.map((pack): Component => ({ type: "library", "bom-ref": `pack:${pack.name}`, name: pack.name })),
    recipePart(asset),
  ];
  return [...new Map(parts.map((part) => [part["bom-ref"], part])).values()];
}

function modelPart(model: AssetRecord["models"][number]): Component {
  const spec = model["x-modelspec"];
  const architecture =
    typeof spec === "object" && spec !== null ? (spec as { readonly architecture?: unknown }).architecture : undefined;
  return {
    type: "machine-learning-model",
    "bom-ref": model.sha256 === null ? `model:unknown:${model.name}` : `model:${model.sha256}`,
    name: model.name,
    ...(model.sha256 === null ? {} : { hashes: [{ alg: "SHA-256", content: model.sha256 }] }),
    ...(model.license === null ? {} : { licenses: [{ license: { name: model.license } }] }),
    ...(typeof architecture === "string"
      ? { modelCard: { modelParameters: { modelArchitecture: architecture } } }
      : {}),
    properties: [
      { name: "hotplate:role", value: model.role },
      ...(model.bytes === null ? [] : [{ name: "hotplate:bytes", value: String(model.bytes) }]),
      ...(model.sha256 === null ? [{ name: "hotplate:hash", value: "not known" }] : []),
    ],
  };
}

function enginePart({ engine }: AssetRecord): Component {
  return {
    type: "framework",
    "bom-ref": `engine:${engine.name}@${engine.version ?? "unknown"}`,
    name: engine.name,
    ...(engine.version === null ? {} : { version: engine.version }),
    ...(engine.simulated ? { properties: [{ name: "hotplate:simulated", value: "true" }] } : {}),
  };
}

function recipePart({ recipe }: AssetRecord): Component {
  return {
    type: "data",
    "bom-ref": `recipe:${recipe.sha256}`,
    name: recipe.name,
    version: recipe.version,
    hashes: [{ alg: "SHA-256", content: recipe.sha256 }],
    data: [{ type: "configuration", name: `${recipe.name} ${recipe.version}` }],
  };
}

function versionPart(asset: AssetRecord): Component {
  return {
    type: "data",
    "bom-ref": asset.id,
    name: asset.ref,
    data: [{ type: "dataset", name: asset.ref }],
    properties: [
      { name: "iptc:digitalSourceType", value: asset.digitalSourceType },
      { name: "hotplate:generative", value: String(asset.disclosure.generative) },
      { name: "hotplate:final", value: String(asset.disclosure.final) },
    ],
  };
}
