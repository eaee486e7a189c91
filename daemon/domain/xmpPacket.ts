/**
 * The XMP packet (ISO 16684-1) that a published picture or movie carries: what it is by IPTC's word, and where its record
 * lies. Pure text; the same for the same pointer. Never a prompt, never a path of this machine.
 */
import type { Embed } from "./assetPointer.ts";

/** Relative to the version's folder. */
const RECORD_NAME = ".hotplate/asset.json";

export function xmpPacket(embed: Embed): string {
  const of = (value: string): string =>
    value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const lines = [
    `<?xpacket begin="\u{feff}" id="W5M0MpCehiHzreSzNTczkc9d"?>`,
    `<x:xmpmeta xmlns:x="adobe:ns:meta/">`,
    ` <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">`,
    `  <rdf:Description rdf:about=""`,
    `    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"`,
    `    xmlns:dc="http://purl.org/dc/elements/1.1/"`,
    `    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"`,
    `    xmlns:ai="urn:ai-asset:1"`,
    `    Iptc4xmpExt:DigitalSourceType="${of(embed.digitalSourceType)}"`,
    `    xmpMM:DocumentID="${of(embed.assetId)}"`,
    `    xmpMM:OriginalDocumentID="${of(embed.assetId)}"`,
    ...(embed.simulated === true ? [`    ai:simulated="true"`] : []),
    `    ai:seed="${of(embed.seed)}">`,
    `   <dc:source>${RECORD_NAME}</dc:source>`,
    `   <dc:identifier>${of(embed.assetRef)}</dc:identifier>`,
    `  </rdf:Description>`,
    ` </rdf:RDF>`,
    `</x:xmpmeta>`,
    `<?xpacket end="w"?>`,
  ];
  return lines.join("\n");
}
