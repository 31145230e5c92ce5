/** The zone in which DC/OS names its tasks and masters (`dcosNames`); lower case, without the final dot. */
export const DCOS_ZONE = "thisdcos.directory";

/** The zone in which DC/OS names virtual addresses. */
export const VIP_ZONE = `l4lb.${DCOS_ZONE}`;

/** Other names of that zone, from earlier versions of DC/OS. */
export const VIP_ALIASES = [`dclb.${DCOS_ZONE}`, "l4lb.thisdcos.global", "dclb.thisdcos.global"] as const;

/** The zones that virtual addresses need beside that of `dcosNames`. */
export function vipZones(dcosNames: boolean): readonly string[] {
  return [VIP_ZONE, ...VIP_ALIASES].filter((zone) => !dcosNames || !zone.endsWith(`.${DCOS_ZONE}`));
}
