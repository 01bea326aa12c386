/**
 * Who uses this page. Today an API key; whatever comes instead of it (users, single sign-on) replaces this folder: the
 * application knows the gate around it and the way out.
 */
export { Gate } from "./gate";
export { SignOutButton } from "./sign-out-button";
export { useWholeServer } from "./who";
