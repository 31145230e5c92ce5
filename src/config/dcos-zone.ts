/** The zone in which DC/OS names its tasks and masters (`dcosNames`); lower case, without the final dot. */
export const DCOS_ZONE = "thisdcos.directory";
