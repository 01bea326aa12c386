import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Provider } from "urql";
import { client } from "@/api/client";
import { router } from "@/app/routes";
import { Gate } from "@/app/session";
import { TenantProvider } from "@/app/tenant";
import { followTheme } from "@/lib/theme";
import "./styles.css";

followTheme();
const element = document.getElementById("root");
if (!element) throw new Error("the page has no root");
createRoot(element).render(
  <StrictMode>
    <Provider value={client}>
      <Gate>
        <TenantProvider>
          <RouterProvider router={router} />
        </TenantProvider>
      </Gate>
    </Provider>
  </StrictMode>,
);
