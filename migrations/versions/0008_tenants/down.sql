DROP FUNCTION utility.live_tenants;
