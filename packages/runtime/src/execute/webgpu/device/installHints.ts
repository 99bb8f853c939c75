/** The commands that give this system an adapter, in the words of its own package manager. */
export function installHint(platform: string, osRelease: string | null): string {
  if (platform === "darwin") return "macOS brings Metal: a Mac that runs macOS 13 or later has an adapter.";
  if (platform === "win32") return "Install the GPU vendor's driver; Windows brings Direct3D 12.";
  const field = (name: string): string =>
    new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(osRelease ?? "")?.[1] ?? "";
  const family = `${field("ID")} ${field("ID_LIKE")}`;
  if (/fedora|rhel|centos/.test(family))
    return "Run: sudo dnf install vulkan-loader mesa-vulkan-drivers (NVIDIA: its own driver).";
  if (/arch/.test(family))
    return "Run: sudo pacman -S vulkan-icd-loader vulkan-swrast (hardware: vulkan-radeon, vulkan-intel or nvidia-utils).";
  if (/alpine/.test(family)) return "Run: sudo apk add vulkan-loader mesa-vulkan-swrast.";
  if (field("ID") === "debian" && field("VERSION_ID") === "12")
    return (
      "Debian 12's own Mesa 22.3 is too old for Dawn; run: " +
      "sudo sed -i 's/^Suites: bookworm bookworm-updates$/& bookworm-backports/' /etc/apt/sources.list.d/debian.sources && " +
      "sudo apt-get update && sudo apt-get install -y -t bookworm-backports libvulkan1 mesa-vulkan-drivers"
    );
  if (/debian|ubuntu/.test(family))
    return "Run: sudo apt-get update && sudo apt-get install -y libvulkan1 mesa-vulkan-drivers (NVIDIA: its own driver).";
  return "Install the Vulkan loader and a driver: libvulkan.so.1 and Mesa's Vulkan drivers, version 24 or later.";
}
