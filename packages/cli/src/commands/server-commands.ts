import type { CommandSpecification } from '../arguments/specification.ts'
import { config, damaged, everywhere, force, json, quiet, server } from './options.ts'

const username = { type: 'string', short: 'u', value: 'NAME', summary: 'User name; asked for on a terminal when it is not given.' } as const
const jobs = { type: 'string', short: 'j', value: 'N', summary: 'How many at a time. Default: 2.' } as const
const tokenDetails =
  'The token of the login is used, or IMAGEDOC_TOKEN where it is set (an API key for example). Ctrl-C stops cleanly; pressed twice it stops at once.'

/** The commands that are a server or talk to one; see `commandTable`. */
export const serverCommands = {
  serve: {
    summary: 'Serve collections and documents to users; nothing else needs to be installed.',
    usage: '[options]',
    details: [
      'The database and the documents lie in one folder. At the first start it prints a token that makes the first manager. SIGINT and SIGTERM stop it; requests under way are finished first.',
      'With MongoDB, Redis and S3 configured any number of servers share the work, and pages are left to imagedoc worker: see docs/deployment.md.',
      'An option goes before its variable. All variables stand in docs/configuration.md.',
    ],
    positionals: { min: 0, max: 0, missing: '' },
    options: {
      port: { type: 'string', short: 'p', value: 'PORT', summary: 'Port to listen on, 0 for any that is free. Default: PORT, else 8420.' },
      host: { type: 'string', value: 'HOST', summary: 'Address to listen on. Default: HOST, else 127.0.0.1: this machine only.' },
      'with-worker': { type: 'boolean', summary: 'Compute pages of runs here, too. The default, unless MongoDB and Redis are configured.' },
      'no-worker': { type: 'boolean', summary: 'Leave the pages of runs to imagedoc worker.' },
      data: { type: 'string', value: 'DIR', summary: 'Folder for everything that is kept. Default: IMAGEDOC_DATA, else ./.imagedoc.' },
      config,
      ...everywhere,
    },
    examples: ['imagedoc serve', 'imagedoc serve --host 0.0.0.0 --port 8080 --data /var/lib/imagedoc'],
  },
  login: {
    summary: 'Log in to a server, or make an account there, and keep the token for the other commands.',
    usage: '--server URL [options]',
    details: [
      'Passwords and tokens are asked for without being shown; when standard input is no terminal each is a line of it, in the order in which they would be asked for. They are never arguments, which other programs could read. The token is kept in ~/.config/imagedoc/servers.json, which only you can read.',
    ],
    positionals: { min: 0, max: 0, missing: '' },
    options: {
      server,
      username,
      'setup-token': {
        type: 'boolean',
        summary: 'Make the first manager: asks for the token that the server printed, then for a new password.',
      },
      register: { type: 'boolean', summary: 'Make an account: asks for a new password. Only where the server has registration open.' },
      'choose-password': {
        type: 'boolean',
        summary: 'Asks for the one-time token that a manager gave you, then for a new password.',
      },
      email: { type: 'string', value: 'ADDRESS', summary: 'E-mail address of a new account; asked for when it is not given.' },
      json: json('{ "server", "username", "expires_at" }'),
      ...everywhere,
    },
    examples: ['imagedoc login --server http://127.0.0.1:8420 --setup-token', 'imagedoc login --server https://archive.example.org -u ana'],
  },
  logout: {
    summary: 'End the login to a server and forget its token.',
    usage: '--server URL',
    positionals: { min: 0, max: 0, missing: '' },
    options: { server, ...everywhere },
    examples: ['imagedoc logout --server https://archive.example.org'],
  },
  upload: {
    summary: 'Upload files and folders as documents of a collection.',
    usage: 'FILE|DIR… --server URL --collection ID|TITLE [options]',
    details: [
      'Gives a line for each file with the id of its document. From a folder come all images and PDFs below it, and what is passed over is named with its reason. A file whose content is in the collection already, or was uploaded by this command under another name, is not sent again: the same command given again sends only what is new, and goes on with an upload that was interrupted.',
      tokenDetails,
    ],
    positionals: {
      min: 1,
      max: Number.POSITIVE_INFINITY,
      missing: 'upload needs a file or a folder: imagedoc upload FILE|DIR… --server URL --collection ID|TITLE.',
    },
    options: {
      server,
      collection: { type: 'string', short: 'c', value: 'ID|TITLE', summary: 'The collection that the documents go to.' },
      create: {
        type: 'boolean',
        summary: 'Make the collection when there is none of this title; it is removed again when nothing comes into it.',
      },
      damaged,
      jobs,
      json: json('one event a line; the last line is the summary'),
      quiet,
      ...everywhere,
    },
    examples: ['imagedoc upload scans/ letter.pdf --server http://127.0.0.1:8420 --collection Letters --create'],
  },
  search: {
    summary: 'Find pages at a server by their words, titles and metadata too.',
    usage: 'WORD… --server URL [options]',
    details: [
      'A page is found when all words stand on it; the last one may be unfinished. Accents and upper case make no difference. Each hit is a line with the document, the page and the title, then the words with their boxes (left, top, right, bottom) on the page of the original: pixels of an image, points of a PDF.',
      'The token of the login is used, or IMAGEDOC_TOKEN where it is set.',
    ],
    positionals: { min: 1, max: Number.POSITIVE_INFINITY, missing: 'search needs a word: imagedoc search WORD… --server URL.' },
    options: {
      server,
      collection: { type: 'string', short: 'c', value: 'ID|TITLE', summary: 'Look in this collection alone.' },
      limit: { type: 'string', value: 'N', summary: 'At most so many hits, 1 to 1000. Default: 20.' },
      json: json('{ "hits": [{ "document", "page", "version", "words": [{ "text", "box" }] }], "more" }'),
      ...everywhere,
    },
    examples: ['imagedoc search grande terramoto lisb --server http://127.0.0.1:8420'],
  },
  download: {
    summary: 'Download documents: the original, byte by byte, or the outputs of a version.',
    usage: 'DOCUMENT… --server URL -o DIR [options]',
    details: ['An original becomes DIR/<title>, the outputs of a version become DIR/<title>/<output>.', tokenDetails],
    positionals: {
      min: 1,
      max: Number.POSITIVE_INFINITY,
      missing: 'download needs the id of a document: imagedoc download DOCUMENT… --server URL -o DIR.',
    },
    options: {
      server,
      output: { type: 'string', short: 'o', value: 'DIR', summary: 'Folder for the files.' },
      version: { type: 'string', value: 'N', summary: 'The outputs of this version of the document instead of its original.' },
      force,
      jobs,
      json: json('one event a line; the last line is the summary'),
      quiet,
      help: everywhere.help,
    },
    examples: ['imagedoc download 66f2a4c19b0d3e5f7a812c44 --server http://127.0.0.1:8420 -o out'],
  },
} as const satisfies Record<string, CommandSpecification>
