/** Where a slot's ComfyUI runs, as far as its address and its own words tell: what GPU matching starts from. */
import type { SlotConfig } from "./domain/config.ts";
import type { SlotPlace } from "./domain/gpuMatch.ts";
import type { SystemStats } from "./ports.ts";

export function slotPlace({ name, gpu, url, spawn }: SlotConfig, stats: SystemStats | null): SlotPlace {
  const { hostname, port, protocol } = new URL(url);
  const local = spawn !== undefined || /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/.test(hostname);
  const usual = protocol === "https:" ? 443 : 80;
  return {
    slot: name,
    gpu: gpu ?? null,
    local,
    simulated: stats?.simulated ?? false,
    port: local ? (port === "" ? usual : Number(port)) : null,
    group: null,
    device: stats?.deviceName ?? null,
  };
}
