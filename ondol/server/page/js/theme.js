// Before anything is drawn: the theme that was chosen, so that no other one flashes up.
try {
  const theme = localStorage.getItem("ondol.theme");
  if (theme === '"light"' || theme === '"dark"') document.documentElement.dataset.theme = JSON.parse(theme);
} catch {
  // without storage the system's theme holds
}
