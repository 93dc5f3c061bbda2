import { isObject } from '../../../src/json';
import type { Json } from '../../support/messages';
import { propertiesOf, type SchemaNode, schemaNodes, typesOf } from './schema-nodes';

type Rule = (node: SchemaNode) => readonly string[];

/** A property of one of these names is taken for a secret. */
const SECRET_NAMES = new Set(
  (
    'client_token access_token api_token token secret client_secret password key service_account service_account_info tenant_id ' +
    'certificate jwt credentials app_id appid refresh_token'
  ).split(' '),
);
const FORBIDDEN =
  'not anyOf allOf patternProperties prefixItems if then else dependentSchemas dependentRequired $ref'.split(' ');
const ITEM_TYPES = ['object', 'string', 'number', 'integer'];

const enumHasNoDuplicates: Rule = ({ schema: { enum: values } }) =>
  Array.isArray(values) && new Set(values).size < values.length ? ['its enum names something twice'] : [];

const oneOfIsAChoice: Rule = ({ schema }) => {
  const { oneOf, type } = schema;
  if (!Array.isArray(oneOf)) return [];
  if (type !== 'object') return ['with oneOf, its type must be object'];
  const variants = oneOf.map(propertiesOf);
  if (variants.some((properties) => Object.keys(properties).length === 0))
    return ['every variant of oneOf must have properties'];
  const constants = Object.keys(variants[0] ?? {}).filter((name) =>
    variants.every((properties) => isObject(properties[name]) && 'const' in properties[name]),
  );
  const [name] = constants;
  if (name === undefined || constants.length > 1)
    return ['exactly one property must be const in every variant of oneOf'];
  return variants.flatMap((properties) => {
    const { const: value, default: preset = value, enum: choice = [value] } = properties[name] as Json;
    const same = preset === value && Array.isArray(choice) && choice.length === 1 && choice[0] === value;
    return same ? [] : [`default and enum of ${name} must equal its const`];
  });
};

const secretsAreMarked: Rule = ({ path, schema }) => {
  const name = propertyName(path);
  if (name === undefined || !SECRET_NAMES.has(name.toLowerCase()) || schema['type'] === undefined) return [];
  const canHold =
    !('const' in schema) && typesOf(schema).some((type) => ['string', 'number', 'integer'].includes(type));
  if (canHold === (schema['airbyte_secret'] === true)) return [];
  return [
    canHold
      ? 'by its name a secret, so that it must have airbyte_secret'
      : 'can hold no secret, yet has airbyte_secret',
  ];
};

const typeIsOne: Rule = ({ schema: { type } }) => {
  if (!Array.isArray(type)) return [];
  return type.length === 1 || (type.length === 2 && type[1] === 'null')
    ? []
    : ['its type must be one, or one and "null" second'];
};

const objectIsNotEmpty: Rule = ({ path, schema }) =>
  path === '' || schema['type'] !== 'object' || 'oneOf' in schema || Object.keys(propertiesOf(schema)).length > 0
    ? []
    : ['an object without properties'];

const arrayItemsAreSimple: Rule = ({ schema: { type, items } }) => {
  if (type !== 'array' || items === undefined) return [];
  const simple = isObject(items) && ('enum' in items || ITEM_TYPES.includes(String(items['type'])));
  return simple ? [] : [`its items must be of one type (${ITEM_TYPES.join(', ')}) or an enum`];
};

const noForbiddenKeyword: Rule = ({ schema }) =>
  FORBIDDEN.filter((keyword) => keyword in schema).map((keyword) => `the keyword ${keyword} is not allowed`);

const orderIsUnique: Rule = ({ schema }) => {
  const places = Object.values(propertiesOf(schema)).flatMap((property) =>
    isObject(property) && 'order' in property ? [`${property['group'] ?? ''}/${property['order']}`] : [],
  );
  return new Set(places).size < places.length ? ['two properties of a group have the same order'] : [];
};

const groupIsAtTheTop: Rule = ({ path, schema }) =>
  'group' in schema && path.split('/').length > 2 ? ['group is for properties at the top level only'] : [];

const displayTypeIsOfAChoice: Rule = ({ schema }) =>
  !('display_type' in schema) || ('oneOf' in schema && ['dropdown', 'radio'].includes(String(schema['display_type'])))
    ? []
    : ['display_type must be dropdown or radio, beside oneOf'];

const furtherPropertiesAreAllowed: Rule = ({ schema }) =>
  (schema['additionalProperties'] ?? true) === true ? [] : ['additionalProperties must be true'];

const RULES: readonly Rule[] = [
  enumHasNoDuplicates,
  oneOfIsAChoice,
  secretsAreMarked,
  typeIsOne,
  objectIsNotEmpty,
  arrayItemsAreSimple,
  noForbiddenKeyword,
  orderIsUnique,
  groupIsAtTheTop,
  displayTypeIsOfAChoice,
  furtherPropertiesAreAllowed,
];

/** Everything that is wrong with a connectionSpecification, each as `path: what is wrong`. */
export const specProblems = (connectionSpecification: Json): string[] =>
  [...schemaNodes(connectionSpecification)].flatMap((node) =>
    RULES.flatMap((rule) => rule(node)).map((problem) => `${node.path || 'the root'}: ${problem}`),
  );

/** The property that a schema is of, or inside of. */
const propertyName = (path: string): string | undefined => /.*(?:^|\/)properties\/([^/]+)/.exec(path)?.[1];
