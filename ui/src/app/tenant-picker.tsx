import { Select } from "@/components/fields";
import { Failure } from "@/components/panel";
import { chooseTenant, useTenants } from "./tenant";

/** The team whose flows are shown; a choice only where there are several. */
export function TenantPicker() {
  const { tenants, tenant, error } = useTenants();
  if (error && !tenants) return <Failure error={error} />;
  if (!tenants || tenants.length < 2) return null;
  return (
    <Select aria-label="Team" value={tenant?.id ?? ""} onChange={(event) => chooseTenant(event.target.value)}>
      {tenants.map((one) => (
        <option key={one.id} value={one.id}>
          {one.name}
        </option>
      ))}
    </Select>
  );
}
