/** The tenants there are, and which of them is looked at. */
import { createContext, type ReactNode, useContext, useEffect } from "react";
import { everywhere, reconnect, tenantId } from "@/api/client";
import { useAsk } from "@/api/live";
import { useStore } from "@/lib/store";
import { TenantsDocument, type TenantsQuery } from "./tenant.gen";

export type Tenant = TenantsQuery["tenant"][number];

interface Tenants {
  tenants: Tenant[] | undefined;
  error: string | undefined;
  /** The one that is looked at. */
  tenant: Tenant | undefined;
}

const Context = createContext<Tenants>({ tenants: undefined, error: undefined, tenant: undefined });
const NONE = {};
const ALL = { context: everywhere };

export function chooseTenant(id: string): void {
  if (tenantId.get() === id) return;
  tenantId.set(id);
  reconnect();
}

export function TenantProvider({ children }: { children: ReactNode }) {
  const { data, error } = useAsk(TenantsDocument, NONE, ALL);
  const chosen = useStore(tenantId);
  const tenants = data?.tenant;
  const tenant = tenants?.find((one) => one.id === chosen);
  const first = tenants?.[0]?.id;
  useEffect(() => {
    if (!tenant && first) chooseTenant(first);
  }, [tenant, first]);
  return <Context value={{ tenants, error, tenant }}>{children}</Context>;
}

export const useTenants = (): Tenants => useContext(Context);
