import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import axios from 'axios';
import axiosRetry from 'axios-retry';
import { AirbyteSourceBase } from 'faros-airbyte-cdk';
export const x: typeof AirbyteSourceBase = AirbyteSourceBase;
axiosRetry(axios);
addFormats(new Ajv());
