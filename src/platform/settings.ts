/** Every environment variable of the product: declared, validated and documented here only. */
import Type, { type Static } from 'typebox'

const OnOff = { description: 'on or off (also true/false, 1/0, yes/no)' }

export const Settings = Type.Object({
  PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 4000,
    examples: ['4000'],
    description: 'TCP port of HTTP and WebSocket; 0 takes a free one.',
  }),
  HOST: Type.String({
    title: 'an IP address or host name',
    pattern: '^[A-Za-z0-9:.-]+$',
    default: '127.0.0.1',
    examples: ['127.0.0.1', '0.0.0.0'],
    description: 'Address to listen on: an IP address or a host name.',
  }),
  ENVIRONMENT: Type.Union([Type.Literal('development'), Type.Literal('production')], {
    default: 'development',
    examples: ['production'],
    description: 'In production secrets must be given, never generated.',
  }),
  DATA_DIR: Type.String({
    minLength: 1,
    default: './.data',
    examples: ['/var/lib/my-hub'],
    description: 'Folder of the embedded database, model files and generated secrets.',
  }),
  DATABASE_URL: Type.Optional(
    Type.String({
      title: 'a URL postgresql://user:password@host:port/database',
      pattern: '^postgres(ql)?://',
      examples: ['postgresql://owner:password@db.internal:5432/hub'],
      description:
        'PostgreSQL (16 or newer) owned by this user. Absent: an embedded server in DATA_DIR.',
    }),
  ),
  REDIS_URL: Type.Optional(
    Type.String({
      title: 'a URL redis://host:port or rediss://host:port',
      pattern: '^rediss?://',
      examples: ['redis://127.0.0.1:6379'],
      description: 'Redis or Valkey for bus and cache. Absent: in process, one machine only.',
    }),
  ),
  MODEL_STORE: Type.Optional(
    Type.String({
      title: 'a URL file:///folder or s3://bucket/prefix',
      pattern: '^(file|s3)://',
      examples: ['s3://my-bucket/models'],
      description: 'Where model artefacts are kept. Absent: the folder models in DATA_DIR.',
    }),
  ),
  MODEL_ENCRYPTION_KEY: Type.Optional(
    Type.String({
      title: '64 hexadecimal digits',
      pattern: '^[0-9a-fA-F]{64}$',
      examples: ['0123456789abcdef'.repeat(4)],
      description:
        'Master key (32 bytes, 64 hexadecimal digits). Absent: generated in DATA_DIR; ' +
        'losing it loses the models.',
    }),
  ),
  JWT_SECRET_KEY: Type.Optional(
    Type.String({
      minLength: 32,
      examples: ['at least 32 characters, e.g. from: openssl rand -hex 32'],
      description:
        'Signs access tokens. Required in production; otherwise generated and kept in DATA_DIR.',
    }),
  ),
  EH_ADMIN_EMAIL: Type.Optional(
    Type.String({
      title: 'an e-mail address',
      pattern: '^[^\\s@]+@[^\\s@]+$',
      examples: ['owner@example.com'],
      description: 'E-mail of the first administrator. Absent: admin@localhost.',
    }),
  ),
  EH_ADMIN_PASSWORD: Type.Optional(
    Type.String({
      minLength: 12,
      maxLength: 256,
      examples: ['twelve characters or more'],
      description:
        'Password of the first administrator. Absent: generated, printed once, kept in DATA_DIR.',
    }),
  ),
  EH_DEMO: Type.Boolean({
    default: false,
    examples: ['on'],
    description: `Create the demo workspace when the database is empty: ${OnOff.description}.`,
  }),
  ENRICHMENT_PRIVATE_ADDRESSES: Type.Boolean({
    default: false,
    examples: ['off'],
    description:
      'Enrichment hooks may be called by http and in the own network (anything this machine ' +
      `reaches): ${OnOff.description}.`,
  }),
  ENABLE_BEHAVIORAL_LEARNING: Type.Boolean({
    default: true,
    examples: ['true'],
    description: `Learn from behaviour: ${OnOff.description}.`,
  }),
  RETRAIN_CRON: Type.String({
    title: 'five cron fields',
    pattern: '^[0-9*/,-]+( [0-9A-Za-z*/,-]+){4}$',
    default: '0 2 * * *',
    examples: ['0 2 * * *'],
    description: 'When models are retrained: five cron fields, UTC.',
  }),
  CAPTURE_RATE_PUBLISHABLE: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 1_000,
    examples: ['200'],
    description:
      'Events a second that each process takes from one publishable key, for longer than 10 s; ' +
      'beyond it callers get 429 with Retry-After.',
  }),
  CAPTURE_RATE_SECRET: Type.Integer({
    minimum: 1,
    maximum: 10_000_000,
    default: 100_000,
    examples: ['20000'],
    description: 'The same for one secret key, or one person signed in.',
  }),
  GHL_API_KEY: Type.Optional(
    Type.String({
      minLength: 8,
      examples: ['pit-00000000-0000-0000-0000-000000000000'],
      description: 'GoHighLevel private integration token.',
    }),
  ),
  GHL_BASE_URL: Type.String({
    title: 'an http or https URL',
    pattern: '^https?://',
    default: 'https://services.leadconnectorhq.com',
    examples: ['http://127.0.0.1:4010'],
    description: 'Where the API of GoHighLevel is; another one for a trial with `ghl fake`.',
  }),
  GHL_CLIENT_ID: Type.Optional(
    Type.String({
      minLength: 8,
      examples: ['64a0000000000000-abcdefgh'],
      description: 'GoHighLevel marketplace application id.',
    }),
  ),
  GHL_CLIENT_SECRET: Type.Optional(
    Type.String({
      minLength: 8,
      examples: ['00000000-0000-0000-0000-000000000000'],
      description: 'GoHighLevel marketplace application secret.',
    }),
  ),
  GHL_WEBHOOK_PUBLIC_KEY: Type.Optional(
    Type.String({
      title: 'a public key in PEM form',
      pattern: '^-----BEGIN PUBLIC KEY-----',
      examples: ['-----BEGIN PUBLIC KEY-----…'],
      description:
        'Ed25519 key that verifies webhooks of GoHighLevel applications (PEM; several one after ' +
        'another while keys change; line breaks also as \\n). Absent: the key that GoHighLevel ' +
        'publishes. Given, the first location that sends to a product which knows none belongs ' +
        'to the workspace main.',
    }),
  ),
  ANTHROPIC_API_KEY: Type.Optional(
    Type.String({
      minLength: 8,
      examples: ['sk-ant-…'],
      description: 'Lets the assistant draft with a language model. Absent: templates only.',
    }),
  ),
  LOG_LEVEL: Type.Union(
    [
      Type.Literal('trace'),
      Type.Literal('debug'),
      Type.Literal('info'),
      Type.Literal('warn'),
      Type.Literal('error'),
      Type.Literal('fatal'),
      Type.Literal('silent'),
    ],
    { default: 'info', examples: ['debug'], description: 'Least severe level that is logged.' },
  ),
  LOG_FORMAT: Type.Union([Type.Literal('auto'), Type.Literal('json'), Type.Literal('text')], {
    default: 'auto',
    examples: ['json'],
    description: 'auto: text on a terminal, JSON lines otherwise. Logs go to standard error.',
  }),
  EH_UNSAFE_DATABASE: Type.Boolean({
    default: false,
    examples: ['off'],
    description:
      'Tests only: accept a database that may lose acknowledged events (fsync and the like off).',
  }),
  EH_SHARED: Type.Optional(
    Type.String({
      minLength: 1,
      examples: ['../shared'],
      description: 'Tests and benchmarks only: folder of the shared datasets.',
    }),
  ),
})

export type Config = Readonly<Static<typeof Settings>>
export type SettingName = keyof Config
