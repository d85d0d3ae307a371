/** The limits that no small file shows. */
export const writtenLimits = `## Beside files

- Pixels are worked on with 8 bits a channel in grey, RGB or RGBA. More bits and CMYK are converted when the file is decoded, with the diagnostic
  \`DEPTH_REDUCED\` or \`CMYK_CONVERTED\`.
- A file has at most \`limits.pages\` pages (\`TOO_MANY_PAGES\`), a page at most \`limits.pixels\` pixels (\`TOO_MANY_PIXELS\`), a file at most
  \`limits.bytes\` bytes (\`INPUT_TOO_LARGE\`). These are options of \`createImageDoc\`; at a terminal and on a server \`IMAGEDOC_MAX_*\` sets them (\`docs/configuration.md\`).
- A PDF that wants a password is refused (\`PASSWORD_REQUIRED\`); no password can be given.
- A folder's file whose name is not UTF-8 is passed over, with a warning that names it. Rename it, for example with \`convmv\`.
- In a folder, links to folders, pipes, sockets and devices are passed over, each with a warning; hidden files are taken only when they are named.
- A child process reads a large image file by ranges, so that it costs no memory beside the decoded pixels. Held as a whole, in memory, are: one strip or
  tile of a compressed TIFF (a file of a single compressed strip, then, as a whole); a large JPEG, PNG or TIFF of which a part is damaged, while it is mended;
  a large input in the process of a library's caller. A JPEG, WebP or AVIF is mapped or read by its decoder: the system counts those pages, and takes them
  back when it needs them.
- WebP holds 16,383 pixels a side and JPEG 65,500: a larger image is refused when it is written (\`INVALID_PARAMETER\`). Write PNG or TIFF.
- Code of a plugin that never returns is ended by \`timeoutMs\`, Ctrl-C and SIGTERM, with its thread or child. Where it runs in the main thread nothing in the
  process can end it: a plugin that threads cannot load (\`PLUGIN_IN_PROCESS\`) is ended by Ctrl-C or SIGTERM together with the command, an operation that says
  \`blocking: false\` and does not yield by SIGKILL alone (Ctrl-\\ at a terminal sends SIGQUIT, which ends it, too).
`
