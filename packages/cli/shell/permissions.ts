/**
 * Refuses to go on without a permission, also on a terminal: there Deno would ask for it, and not say
 * what for.
 *
 * @param permission The permission.
 * @throws {Deno.errors.NotCapable} If it was not granted.
 */
export function requireGranted(permission: Deno.PermissionDescriptor): void {
  if (Deno.permissions.querySync(permission).state === "granted") return;
  throw new Deno.errors.NotCapable(`Requires ${permission.name} access`);
}
