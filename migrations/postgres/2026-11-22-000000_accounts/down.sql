DROP TABLE event_chain;
DROP TABLE events;
DROP TABLE throttle;
DROP TABLE sign_ins;
DROP TABLE users;
