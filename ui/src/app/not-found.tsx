import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { Empty, Skeleton } from "@/components/panel";
import { chooseTenant, useTenants } from "./tenant";

/** No such page; or an address of the original UI, which begins with the team's slug. */
export function NotFound() {
  const { pathname, searchStr } = useLocation();
  const navigate = useNavigate();
  const { tenants } = useTenants();
  const [, slug, ...rest] = pathname.split("/");
  const tenant = tenants?.find((one) => one.slug === slug);
  useEffect(() => {
    if (!tenant) return;
    chooseTenant(tenant.id);
    void navigate({ to: `/${rest.join("/")}${searchStr}`, replace: true });
  }, [tenant, navigate, rest.join, searchStr]);
  if (!tenants || tenant) return <Skeleton />;
  return (
    <Empty title="There is no such page">
      <p>
        Nothing is at <code>{pathname}</code>.{" "}
        <Link to="/" className="text-accent underline">
          To the dashboard
        </Link>
      </p>
    </Empty>
  );
}
