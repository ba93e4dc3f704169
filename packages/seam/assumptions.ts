/** Ids of what the model of the TDX module assumes or leaves out. */
export type ModuleAssumptionId = "S1" | "S2" | "S3" | "S4" | "S5" | "S6" | "S7";

/** What the model of the TDX module assumes or leaves out. */
export const MODULE_ASSUMPTIONS: Readonly<Record<ModuleAssumptionId, string>> = {
  S1: "A dirty line may sit in the cache of any package. It is sure to be in memory when " +
    "TDH.PHYMEM.CACHE.WB has completed on the last one, and is left dirty until then.",
  S2:
    "A TD has GPAW 0: four levels of Secure EPT, private GPAs below 2^47. The root is in the TDCS.",
  S3:
    "A vCPU that entered stays inside the TD until it is kicked; it holds the locks of its TDVPR " +
    "and TDR shared, as the hardware does.",
  S4: "An injected busy operand is the first thing that the SEAMCALL locks.",
  S5: "One key per TD stands for the keys of all packages, which differ in hardware.",
  S6:
    "Parameters of TDs and vCPUs, measurement, nested VMs, migration and debugging are left out; " +
    "so is an interrupt of TDH.MEM.PAGE.DEMOTE or PROMOTE.",
  S7:
    "Dynamic PAMT is that of module 2.0, read and not run. The module stores into a pair by ordinary " +
    "cached stores under the global KeyID, as into a TDR (M7), so a pair that comes back may have " +
    "dirty lines. All of its lines get dirty when the first page of its region comes into use, and " +
    "when the last one goes.",
};
