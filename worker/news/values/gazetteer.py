"""What a wire editor knows by heart: places, peoples, organisations, given names, titles, and the words that give a
name's kind away.

The lists are written for this project and hold what newswires name most. They are plain strings, split on first use, so
that importing the module costs nothing; a process that marks no articles up never builds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Literal

_COUNTRIES = """
Afghanistan, Albania, Algeria, Andorra, Angola, Antigua and Barbuda, Argentina, Armenia, Australia, Austria,
Azerbaijan, Bahamas, Bahrain, Bangladesh, Barbados, Belarus, Belgium, Belize, Benin, Bhutan, Bolivia, Bosnia, Bosnia
and Herzegovina, Bosnia-Herzegovina, Botswana, Brazil, Britain, Brunei, Bulgaria, Burkina Faso, Burma, Burundi,
Cambodia, Cameroon, Canada, Cape Verde, Central African Republic, Chad, Chile, China, Colombia, Comoros, Congo, Costa
Rica, Croatia, Cuba, Cyprus, Czech Republic, Czechia, Czechoslovakia, Denmark, Djibouti, Dominica, Dominican Republic,
East Timor, Ecuador, Egypt, El Salvador, England, Equatorial Guinea, Eritrea, Estonia, Eswatini, Ethiopia, Fiji,
Finland, France, Gabon, Gambia, Georgia, Germany, East Germany, West Germany, Ghana, Great Britain, Greece, Greenland,
Grenada, Guatemala, Guinea, Guinea-Bissau, Guyana, Haiti, Holland, Honduras, Hong Kong, Hungary, Iceland, India,
Indonesia, Iran, Iraq, Ireland, Israel, Italy, Ivory Coast, Jamaica, Japan, Jordan, Kazakhstan, Kenya, Kiribati,
Korea, North Korea, South Korea, Kosovo, Kuwait, Kyrgyzstan, Laos, Latvia, Lebanon, Lesotho, Liberia, Libya,
Liechtenstein, Lithuania, Luxembourg, Macau, Macedonia, North Macedonia, Madagascar, Malawi, Malaysia, Maldives, Mali,
Malta, Mauritania, Mauritius, Mexico, Micronesia, Moldova, Monaco, Mongolia, Montenegro, Morocco, Mozambique, Myanmar,
Namibia, Nauru, Nepal, Netherlands, New Zealand, Nicaragua, Niger, Nigeria, Northern Ireland, Norway, Oman, Pakistan,
Palau, Palestine, Panama, Papua New Guinea, Paraguay, Peru, Philippines, Poland, Portugal, Puerto Rico, Qatar,
Romania, Russia, Rwanda, Samoa, San Marino, Saudi Arabia, Scotland, Senegal, Serbia, Seychelles, Sierra Leone,
Singapore, Slovakia, Slovenia, Solomon Islands, Somalia, South Africa, South Sudan, Soviet Union, Spain, Sri Lanka,
Sudan, Suriname, Swaziland, Sweden, Switzerland, Syria, Taiwan, Tajikistan, Tanzania, Thailand, Tibet, Togo, Tonga,
Trinidad and Tobago, Trinidad, Tunisia, Turkey, Turkmenistan, Tuvalu, Türkiye, Uganda, Ukraine, United Arab Emirates,
United Kingdom, United States, United States of America, Uruguay, USSR, Uzbekistan, Vanuatu, Vatican City, Venezuela,
Vietnam, North Vietnam, South Vietnam, Wales, Yemen, North Yemen, South Yemen, Yugoslavia, Zaire, Zambia, Zimbabwe,
U.S., U.K., U.A.E., US, UK, UAE, USA, U.S.A., EU-27, DPRK, D.P.R.K., West Bank, Gaza
"""

_US_STATES = """
Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Hawaii, Idaho, Illinois,
Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts, Michigan, Minnesota, Mississippi,
Missouri, Montana, Nebraska, Nevada, New Hampshire, New Jersey, New Mexico, New York, North Carolina, North Dakota,
Ohio, Oklahoma, Oregon, Pennsylvania, Rhode Island, South Carolina, South Dakota, Tennessee, Texas, Utah, Vermont,
Virginia, West Virginia, Wisconsin, Wyoming, District of Columbia, Dakotas, Carolinas
"""

# Associated Press style; the dot belongs to the name.
_STATE_ABBREVIATIONS = """
Ala., Ariz., Ark., Calif., Colo., Conn., Del., Fla., Ga., Ill., Ind., Kan., Ky., La., Md., Mass., Mich., Minn., Miss.,
Mo., Mont., Neb., Nev., N.H., N.J., N.M., N.Y., N.C., N.D., Okla., Ore., Pa., R.I., S.C., S.D., Tenn., Tex., Vt., Va.,
Wash., W.Va., Wis., Wyo., D.C., B.C., Ont., Que.
"""

_REGIONS = """
Africa, North Africa, West Africa, East Africa, Southern Africa, Central Africa, Asia, Central Asia, Southeast Asia,
South Asia, East Asia, Europe, Eastern Europe, Western Europe, Central Europe, North America, South America, Latin
America, Central America, Americas, Antarctica, Arctic, Arctic Circle, North Pole, South Pole, Oceania, Middle East,
Mideast, Far East, Near East, Caribbean, Scandinavia, Balkans, Baltics, Baltic, Caucasus, Crimea, Chechnya, Dagestan,
Ingushetia, Abkhazia, South Ossetia, Nagorno-Karabakh, Karabakh, Transcaucasia, Siberia, Urals, Donbas, Donbass,
Kurdistan, Kashmir, Punjab, Bengal, Gujarat, Kerala, Bihar, Assam, Tamil Nadu, Uttar Pradesh, Sindh, Balochistan,
Baluchistan, Waziristan, Xinjiang, Guangdong, Sichuan, Hunan, Hubei, Henan, Hebei, Shandong, Yunnan, Fujian,
Manchuria, Inner Mongolia, Hokkaido, Okinawa, Kyushu, Honshu, Java, Sumatra, Borneo, Bali, Aceh, Mindanao, Luzon,
Sarawak, Sabah, Johor, Penang, Perak, Selangor, Pahang, Kedah, Kelantan, Terengganu, Malacca, Sahara, Western Sahara,
Sahel, Darfur, Biafra, Katanga, Kivu, Transvaal, Natal, KwaZulu-Natal, Horn of Africa, Persian Gulf, Gulf of Mexico,
Mediterranean, Atlantic, Pacific, Indian Ocean, Caspian, Caspian Sea, Black Sea, Red Sea, Dead Sea, North Sea, Baltic
Sea, South China Sea, Adriatic, Aegean, Strait of Hormuz, Suez Canal, Panama Canal, English Channel, Golan Heights,
Sinai, Negev, Galilee, West Jerusalem, East Jerusalem, Gaza Strip, Judea, Samaria, Catalonia, Andalusia, Basque
Country, Galicia, Brittany, Normandy, Provence, Corsica, Alsace, Lorraine, Bavaria, Saxony, Prussia, Rhineland, Tyrol,
Lombardy, Tuscany, Sicily, Sardinia, Veneto, Flanders, Wallonia, Benelux, Transylvania, Moravia, Bohemia, Silesia,
Slavonia, Eastern Slavonia, Dalmatia, Vojvodina, Krajina, Ulster, Cornwall, Yorkshire, Lancashire, Kent, Sussex,
Surrey, Essex, Midlands, Quebec, Ontario, Alberta, British Columbia, Manitoba, Saskatchewan, Nova Scotia, New
Brunswick, Newfoundland, Yukon, Labrador, Queensland, New South Wales, Tasmania, Northern Territory, Western
Australia, South Australia, Siberian, Patagonia, Amazon, Amazonia, Andes, Alps, Himalayas, Pyrenees, Appalachians,
Rockies, Rocky Mountains, Ozarks, Great Lakes, Great Plains, Midwest, New England, Silicon Valley, Wall Street,
Hollywood, Broadway, Manhattan, Brooklyn, Queens, Bronx, Staten Island, Long Island, Harlem, Capitol Hill, Times
Square, Central Park, Puget Sound, Chesapeake Bay, Bay Area, Cape Cod, Riviera, Bermuda, Guam, Guantanamo, Guantanamo
Bay, Falklands, Falkland Islands, Gibraltar, Canary Islands, Azores, Madeira, Crete, Rhodes, Martinique, Guadeloupe,
Reunion, Diego Garcia, Kuril Islands, Kuriles, Kamchatka, Sakhalin, Tatarstan, Bashkortostan, Krasnoyarsk, Chiapas,
Yucatan, Baja California, Sinaloa, Jalisco, Oaxaca, Chihuahua, Sonora, Nile, Danube, Rhine, Volga, Euphrates, Tigris,
Ganges, Mekong, Yangtze, Mississippi River, Hudson, Potomac, Thames, Seine, Everest, Mount Everest, Kremlin Palace,
Tiananmen Square, Red Square, Republic of Congo, Korean Peninsula, Sinai Peninsula, Balkan Peninsula, Crimean
Peninsula, Bosphorus, Dardanelles, Lapland, Karelia, Jutland, Chernobyl, Zaporizhzhia
"""

_CITIES = """
Aachen, Aalborg, Aarhus, Abeokuta, Aberdeen, Abidjan, Abu Dhabi, Abuja, Acapulco, Accra, Adana, Addis Ababa, Adelaide,
Aden, Afula, Agadez, Agadir, Agra, Aguascalientes, Ahmedabad, Ahvaz, Ajaccio, Ajman, Akron, Aktau, Akureyri, Albany,
Albertville, Albuquerque, Aleppo, Alexandria, Alger, Algiers, Alicante, Alice Springs, Allentown, Almaty, Almeria,
Alor Setar, Amarah, Amarillo, Amman, Amritsar, Amsterdam, Anaheim, Anchorage, Ancona, Angers, Ankara, Ann Arbor,
Annaba, Annapolis, Antalya, Antananarivo, Antofagasta, Antwerp, Apia, Aqaba, Arequipa, Arkhangelsk, Arlington, Armagh,
Arnhem, Arusha, Ashdod, Asheville, Ashgabat, Ashkelon, Asmara, Aspen, Assisi, Assiut, Astana, Astrakhan, Asuncion,
Aswan, Athen, Athens, Athènes, Atlanta, Atlantic City, Auckland, Augsburg, Augusta, Auschwitz, Austin, Aviano,
Avignon, Ayodhya, Baalbek, Badajoz, Baghdad, Baguio, Baidoa, Bakersfield, Bakhmut, Baku, Bala Cynwyd, Baltimore,
Bamako, Bamiyan, Banda Aceh, Bandar Abbas, Bandar Seri Begawan, Bandung, Banff, Bangalore, Bangkok, Bangor, Bangui,
Banja Luka, Banjul, Baqouba, Barcelona, Bari, Bariloche, Barnaul, Barquisimeto, Barranquilla, Basel, Basle, Basra,
Basseterre, Bastia, Baton Rouge, Battambang, Batticaloa, Batumi, Bayonne, Bayreuth, Beaverton, Beersheba, Beijing,
Beira, Beirut, Belem, Belfast, Belgorod, Belgrade, Bellevue, Belo Horizonte, Bengaluru, Benghazi, Benin, Benin City,
Bergamo, Bergen, Berkeley, Berlin, Berlino, Bern, Berne, Besancon, Beslan, Bethesda, Bethlehem, Beverly Hills, Bhopal,
Bhubaneswar, Bialystok, Biarritz, Bielefeld, Bihac, Bilbao, Billerica, Biloxi, Binghamton, Birmingham, Bishkek,
Bismarck, Bissau, Bitola, Blackburn, Blackpool, Blantyre, Bloemfontein, Bloomington, Bobo-Dioulasso, Boca Raton,
Bochum, Bogota, Bogotá, Boise, Bologna, Bolton, Bombay, Bonn, Bordeaux, Boston, Bouake, Boulder, Bowling Green,
Bradford, Braga, Branson, Brasilia, Brasov, Brasília, Bratislava, Braunschweig, Brazzaville, Breda, Bregenz, Bremen,
Brentwood, Brescia, Brest, Bridgeport, Bridgetown, Brighton, Brindisi, Brisbane, Bristol, Brno, Brownsville, Bruges,
Bruselas, Brussels, Bruxelles, Bryansk, Brüssel, Bucaramanga, Bucharest, Budapest, Budyonnovsk, Buenos Aires, Buffalo,
Bujumbura, Bukavu, Bukhara, Bulawayo, Burbank, Burgas, Burgos, Burlington, Burnley, Bursa, Busan, Bushehr, Butare,
Bydgoszcz, Cabinda, Cadiz, Caen, Cagliari, Cairns, Cairo, Calabar, Calais, Calcutta, Calgary, Cali, Callao, Camaguey,
Cambridge, Camp David, Campinas, Canberra, Cancun, Cannes, Canterbury, Canton, Cap-Haitien, Cape Canaveral, Cape
Kennedy, Cape Town, Caracas, Cardiff, Carlisle, Carmel, Carson City, Cartagena, Casablanca, Casper, Castel Gandolfo,
Castries, Catania, Cayenne, Cebu, Cedar Rapids, Ceuta, Ceyhan, Chamonix, Chandigarh, Changchun, Changsha, Chapel Hill,
Chappaqua, Charleroi, Charleston, Charlotte, Charlottesville, Charlottetown, Chattanooga, Chelyabinsk, Chemnitz,
Chengdu, Chennai, Cherbourg, Chernihiv, Cherry Hill, Cheyenne, Chiang Mai, Chicago, Chisinau, Chita, Chittagong,
Chongqing, Christchurch, Cincinnati, Ciudad Guayana, Ciudad Juarez, Ciudad del Este, Clearwater, Clermont-Ferrand,
Cleveland, Cluj, Cochabamba, Cochin, Coeur d'Alene, Coimbatore, Coimbra, Colmar, Cologne, Colombo, Colorado Springs,
Columbia, Columbus, Compton, Conakry, Constanta, Constantine, Constantinople, Copenhagen, Coral Gables, Cordoba,
Corfu, Corpus Christi, Cortina, Costa Mesa, Cotonou, Coventry, Cox's Bazar, Cucuta, Cuenca, Cuernavaca, Culiacan,
Culver City, Cupertino, Curitiba, Cusco, Cuzco, D.C., Da Nang, Daegu, Daejeon, Dakar, Dalian, Dallas, Damascus,
Dammam, Danbury, Dar es Salaam, Daraa, Darjeeling, Darwin, Daugavpils, Davao, Davenport, Davos, Dayton, Daytona Beach,
Dearborn, Debrecen, Deir el-Zour, Delft, Delhi, Denpasar, Denver, Derby, Derna, Derry, Des Moines, Detroit, Dhahran,
Dhaka, Dharmsala, Dijon, Dili, Dimona, Diyarbakir, Djakovica, Dnipro, Dodoma, Doha, Donetsk, Dongguan, Dortmund,
Douala, Dover, Dresden, Dubai, Dublin, Dubrovnik, Dubuque, Duesseldorf, Duisburg, Duluth, Dunblane, Dundalk, Dundee,
Dunedin, Dunkirk, Durban, Durham, Durres, Dushanbe, Düsseldorf, East Berlin, East Hampton, East London, Eau Claire,
Edinburgh, Edmonton, Eilat, Eindhoven, El Paso, Eldoret, Elkhart, Encino, Englewood, Entebbe, Enugu, Erbil, Erfurt,
Erie, Erzurum, Esbjerg, Escondido, Espoo, Essen, Evanston, Evansville, Evian, Exeter, Fairbanks, Fairfield,
Faisalabad, Fallujah, Fargo, Farmingdale, Faro, Fayetteville, Ferguson, Ferrara, Fes, Fez, Flagstaff, Florence,
Folkestone, Fort Bragg, Fort Collins, Fort Hood, Fort Lauderdale, Fort Myers, Fort Smith, Fort Wayne, Fort Worth,
Fortaleza, Framingham, Frankfurt, Frankfurt am Main, Fredericksburg, Fredericton, Freetown, Freiburg, Fremont, Fresno,
Fujairah, Fukuoka, Fukushima, Funchal, Fuzhou, Gaborone, Gainesville, Galle, Galveston, Galway, Gander, Ganja, Gao,
Garissa, Garoua, Gary, Gatwick, Gaza City, Gaziantep, Gdansk, Gdynia, Geelong, Genebra, Geneva, Genf, Genoa, Genève,
George Town, Georgetown, Gettysburg, Ghazni, Ghent, Gijon, Gilgit, Ginebra, Gitega, Giza, Glasgow, Glendale, Goa,
Goiania, Gold Coast, Goma, Gomel, Gonaives, Gorazde, Gothenburg, Granada, Grand Forks, Grand Rapids, Graz, Great Neck,
Green Bay, Greensboro, Greenville, Greenwich, Grenoble, Grodno, Groningen, Ground Zero, Grozny, Guadalajara,
Guangzhou, Guatemala City, Guayaquil, Guiyang, Gujranwala, Gulfport, Gulu, Guwahati, Gwangju, Gyor, Gyumri, Haarlem,
Hadera, Hagatna, Haifa, Haikou, Haiphong, Hakodate, Halifax, Hama, Hamar, Hamburg, Hamilton, Hangzhou, Hannover,
Hanoi, Hanover, Harare, Harbin, Hargeisa, Harrisburg, Hartford, Hat Yai, Hattiesburg, Hauppauge, Havana, Hayward,
Heathrow, Hebron, Heerenveen, Hefei, Heidelberg, Helsinki, Hempstead, Heraklion, Herat, Hermosillo, Hialeah, Hilo,
Hilton Head, Hiroshima, Ho Chi Minh City, Hobart, Hoboken, Hodeida, Hohhot, Holguin, Holmenkollen, Homs, Honiara,
Honolulu, Hot Springs, Houston, Huambo, Hue, Huelva, Huntsville, Hyde Park, Hyderabad, Iasi, Ibadan, Ibiza, Idlib,
Ife, Ilesha, Ilorin, Imola, Incheon, Indianapolis, Indore, Innsbruck, Inverness, Iowa City, Ipoh, Ipswich, Iqaluit,
Iquitos, Irbid, Irbil, Irkutsk, Irvine, Isfahan, Islamabad, Ismailia, Istanbul, Ithaca, Ivanovo, Izhevsk, Izmir,
Jacksonville, Jacmel, Jaffna, Jaipur, Jakarta, Jalalabad, Jammu, Jayapura, Jeddah, Jenin, Jericho, Jersey City,
Jerusalem, Jilin, Jinan, Jinja, Jodhpur, Johannesburg, Johor Bahru, Joliet, Joplin, Jos, Juba, Jubail, Juneau, Kabul,
Kaduna, Kaesong, Kagoshima, Kalamazoo, Kaliningrad, Kampala, Kananga, Kanazawa, Kandahar, Kandy, Kano, Kanpur, Kansas
City, Kaohsiung, Karachi, Karaganda, Karbala, Karlsruhe, Kashgar, Kassel, Kathmandu, Katmandu, Katowice, Kauai,
Kaunas, Kawasaki, Kayseri, Kazan, Kelowna, Kemerovo, Kennebunkport, Kenosha, Kerman, Kermanshah, Key Largo, Key West,
Khabarovsk, Khan Younis, Kharkiv, Kharkov, Khartoum, Kherson, Khulna, Kidal, Kiel, Kiev, Kiew, Kigali, Kimberley,
Kingston, Kinshasa, Kirkuk, Kiruna, Kiryat Shmona, Kisangani, Kishinev, Kismayo, Kisumu, Kitakyushu, Kitchener, Kitwe,
Klagenfurt, Klaipeda, Klang, Knin, Knoxville, Kobe, Koblenz, Kochi, Kolkata, Konstanz, Konya, Koror, Kos, Kosice, Kota
Bharu, Kota Kinabalu, Kragujevac, Krakow, Kramatorsk, Krasnodar, Kristiansand, Kryvyi Rih, Kuala Lumpur, Kuantan,
Kuching, Kufa, Kumamoto, Kumasi, Kunduz, Kunming, Kursk, Kutaisi, Kuwait City, Kwangju, Kyiv, Kyoto, Köln, La Jolla,
La Paz, La Plata, La Rochelle, Lafayette, Lagos, Lahore, Lahti, Lamu, Langkawi, Langley, Lansing, Lanzhou, Laramie,
Laredo, Larnaca, Las Cruces, Las Palmas, Las Vegas, Lashkar Gah, Latakia, Launceston, Lausanne, Le Caire, Le Havre, Le
Mans, Lecce, Leeds, Leeuwarden, Leh, Leicester, Leiden, Leipzig, Leningrad, Lesbos, Leuven, Lexington, Lhasa, Liberec,
Libreville, Liege, Lille, Lillehammer, Lilongwe, Lima, Limassol, Limerick, Limoges, Linkoping, Linz, Lipetsk, Lisboa,
Lisbon, Lissabon, Little Rock, Littleton, Liverpool, Livingstone, Livorno, Liège, Ljubljana, Locarno, Lockerbie, Lodz,
Lome, London, Londonderry, Londra, Londres, Long Beach, Los Alamos, Los Angeles, Louisville, Lourdes, Lowell, Luanda,
Luang Prabang, Lubango, Lubbock, Lublin, Lubumbashi, Lucca, Lucerne, Lucknow, Ludhiana, Luebeck, Lugano, Lugansk,
Luhansk, Lulea, Lusaka, Luton, Luxor, Luzern, Lviv, Lyon, Lyons, Lübeck, Maastricht, Macon, Madras, Madrid, Madurai,
Mafikeng, Magadan, Magdeburg, Maiduguri, Mailand, Mainz, Majorca, Majuro, Makassar, Makati, Makhachkala, Makkah,
Malacca, Malaga, Malibu, Malindi, Mallorca, Malmo, Malmö, Managua, Manama, Manaus, Manchester, Mandalay, Manila,
Mannheim, Maputo, Mar del Plata, Mar-a-Lago, Maracaibo, Maracay, Maribor, Mariupol, Maroua, Marrakech, Marseille,
Marseilles, Martha's Vineyard, Martinsburg, Maseru, Mashhad, Massawa, Matadi, Matamoros, Matsuyama, Maui,
Mazar-i-Sharif, Mazatlan, Mbabane, Mbuji-Mayi, McAllen, McLean, Mecca, Medan, Medellin, Medina, Meknes, Melaka,
Melbourne, Melilla, Memphis, Menlo Park, Merida, Mersin, Messina, Metz, Mexico City, Miami, Miami Beach,
Middlesbrough, Midland, Milan, Milano, Milpitas, Milwaukee, Mineola, Minneapolis, Minnetonka, Minsk, Miskolc, Misrata,
Mississauga, Missoula, Mitrovica, Mobile, Modena, Modesto, Mogadishu, Mogilev, Mombasa, Moncton, Monrovia, Monte
Carlo, Montego Bay, Monterey, Monterrey, Montevideo, Montgomery, Montpelier, Montpellier, Montreal, Montreux,
Montvale, Monza, Morelia, Morgantown, Morristown, Mosca, Moscou, Moscovo, Moscow, Moscú, Moskau, Mostar, Mosul,
Mountain View, Muenster, Mukalla, Mulhouse, Multan, Mumbai, Munich, Murcia, Murmansk, Muscat, Mutare, Muzaffarabad,
Mwanza, Mykolaiv, Myrtle Beach, Mysore, München, Münster, N'Djamena, Nabatiyeh, Nablus, Nagano, Nagasaki, Nagoya,
Nagpur, Naha, Nahariya, Nairobi, Najaf, Nakuru, Nalchik, Namangan, Nampula, Namur, Nanchang, Nanjing, Nanning, Nantes,
Nantucket, Naples, Napoli, Nara, Narva, Nashua, Nashville, Nasiriyah, Nassau, Natal, Natanz, Naypyidaw, Nazareth,
Nazran, Ndola, Netanya, New Brunswick, New Delhi, New Haven, New London, New Orleans, New York City, Newark,
Newcastle, Newport Beach, Niamey, Nice, Nicosia, Niigata, Nijmegen, Nimes, Ningbo, Nizhny Novgorod, Nogales, Nome,
Norfolk, Norilsk, Northbrook, Norwalk, Norwich, Nottingham, Nouadhibou, Nouakchott, Noumea, Nova York, Novgorod, Novi
Sad, Novosibirsk, Nueva York, Nuevo Laredo, Nuku'alofa, Nuremberg, Nîmes, Nürnberg, Oahu, Oak Brook, Oakland, Oaxaca
City, Odense, Odesa, Odessa, Ogden, Okayama, Oklahoma City, Oldenburg, Oldham, Olomouc, Olympia, Omagh, Omaha,
Omdurman, Omsk, Onitsha, Oran, Oranjestad, Orebro, Orenburg, Orlando, Osaka, Osh, Osijek, Oslo, Osnabrueck, Ostend,
Ostrava, Oswiecim, Ottawa, Ouagadougou, Oujda, Oulu, Oviedo, Oxford, Padua, Paducah, Palermo, Palm Beach, Palm
Springs, Palma, Palmyra, Palo Alto, Pamplona, Panaji, Panama City, Paname, Panmunjom, Papeete, Paramaribo, Parigi,
Paris, Park City, Parma, Parsippany, Pasadena, Passau, Patna, Patras, Pattani, Pattaya, Pearl Harbor, Pechino, Pecs,
Peking, Pekín, Pensacola, Penza, Peoria, Pequim, Pereira, Perm, Perpignan, Perth, Perugia, Pescara, Peshawar, Petaling
Jaya, Philadelphia, Phnom Penh, Phoenix, Phuket, Pietermaritzburg, Piraeus, Pisa, Pittsburgh, Plovdiv, Plymouth,
Plzen, Podgorica, Poitiers, Pokhara, Poltava, Pontiac, Port Elizabeth, Port Harcourt, Port Louis, Port Moresby, Port
Said, Port Sudan, Port Vila, Port of Spain, Port-au-Prince, Portland, Porto, Porto Alegre, Porto-Novo, Portsmouth,
Potosi, Potsdam, Poughkeepsie, Poznan, Prag, Prague, Praia, Pretoria, Princeton, Pristina, Prizren, Providence,
Provincetown, Provo, Pskov, Puebla, Pueblo, Pune, Punta Arenas, Punta del Este, Pusan, Putrajaya, Pyongyang, Pékin,
Qalqilya, Qingdao, Qom, Quantico, Queenstown, Queretaro, Quetta, Quezon City, Quito, Rabat, Racine, Rafah, Raipur,
Raleigh, Ramadi, Ramallah, Ranchi, Rangoon, Rapid City, Raqqa, Rasht, Ravenna, Rawalpindi, Recife, Redding, Redmond,
Regensburg, Reims, Rennes, Reno, Reykjavik, Reynosa, Rhodes, Richmond, Riga, Rijeka, Rimini, Rio de Janeiro, Riyadh,
Roanoke, Rochester, Rockford, Rockville, Roma, Rome, Roseau, Roskilde, Rostock, Rostov, Rostov-on-Don, Roswell,
Rotorua, Rotterdam, Rouen, Rovaniemi, Ryazan, Saarbruecken, Sabha, Sacramento, Saigon, Saint Petersburg, Saint-Denis,
Salalah, Salamanca, Salerno, Salisbury, Salt Lake City, Saltillo, Salvador, Salzburg, Samara, Samarkand, Samarra,
Samos, San Antonio, San Bernardino, San Cristobal de las Casas, San Diego, San Francisco, San Jose, San José, San
Juan, San Luis Obispo, San Luis Potosi, San Mateo, San Pedro Sula, San Salvador, San Sebastian, Sana'a, Sanaa, Santa
Ana, Santa Barbara, Santa Clara, Santa Cruz, Santa Fe, Santa Monica, Santa Rosa, Santander, Santiago, Santiago de
Cuba, Santo Domingo, Sanya, Sao Paulo, Sapporo, Sarajevo, Sarasota, Saratoga Springs, Saratov, Sasebo, Saskatoon,
Sausalito, Savannah, Scarsdale, Schaumburg, Schwerin, Scottsdale, Scranton, Sderot, Seattle, Secaucus, Semarang,
Sendai, Seoul, Seremban, Sevastopol, Seville, Sfax, Shah Alam, Shanghai, Sharjah, Sharm el-Sheikh, Sheffield,
Shenyang, Shenzhen, Shigatse, Shijiazhuang, Shimla, Shiraz, Shkoder, Shreveport, Shymkent, Sialkot, Sidon, Siem Reap,
Siena, Simferopol, Sioux City, Sioux Falls, Sirte, Sittwe, Skopje, Slovyansk, Smolensk, Sochi, Sofia, Sokoto,
Somerville, Sousse, South Bend, Southampton, Southfield, Soweto, Split, Spokane, Springfield, Srebrenica, Srinagar,
St. Augustine, St. Cloud, St. Gallen, St. John's, St. Louis, St. Paul, St. Petersburg, Stalingrad, Stamford, Staten
Island, Stavanger, Stavropol, Stepanakert, Stirling, Stockholm, Stockton, Strasbourg, Stuttgart, Suez, Sukhum,
Sukhumi, Sulaymaniyah, Sumgait, Sumy, Sunderland, Sunnyvale, Surabaya, Surat, Suva, Suwon, Suzhou, Swansea, Sydney,
Sylhet, Syracuse, Szczecin, Szeged, São Paulo, Tabriz, Tabuk, Tacoma, Taegu, Taichung, Taif, Tainan, Taipei, Taiyuan,
Taiz, Tallahassee, Tallinn, Tampa, Tampere, Tampico, Tangier, Tangshan, Taranto, Tarawa, Tartu, Tartus, Tashkent,
Taupo, Tbilisi, Tegucigalpa, Teheran, Tehran, Tel Aviv, Tempe, Tenerife, Ternopil, Terre Haute, Tetouan, Tetovo,
Texarkana, The Hague, Thessaloniki, Thimphu, Thiruvananthapuram, Tianjin, Tiberias, Tijuana, Tikrit, Tilburg,
Timbuktu, Timisoara, Tirana, Tiraspol, Tobruk, Tokyo, Toledo, Tomsk, Topeka, Torino, Toronto, Torrance, Torreon,
Torun, Toulon, Toulouse, Townsville, Trabzon, Trenton, Trieste, Trincomalee, Tripoli, Tromso, Tromsø, Trondheim, Troy,
Trujillo, Tsingtao, Tskhinvali, Tucson, Tucuman, Tula, Tulkarm, Tulsa, Tunis, Turin, Turku, Tuscaloosa, Tuzla, Tver,
Tyre, Tyumen, Udaipur, Ufa, Ulaanbaatar, Ulan Bator, Ulan-Ude, Ulm, Ulsan, Ulyanovsk, Umea, Uppsala, Urumqi, Ushuaia,
Utica, Utrecht, Uzhhorod, Vadodara, Vaduz, Vail, Valencia, Valladolid, Vallejo, Valletta, Valparaiso, Vancouver,
Varanasi, Varna, Varsovie, Venice, Veracruz, Verona, Versailles, Vicenza, Vichy, Victoria, Vienna, Vientiane, Vigo,
Vijayawada, Villach, Vilnius, Vina del Mar, Vinnytsia, Virginia Beach, Visakhapatnam, Vitebsk, Vladikavkaz,
Vladivostok, Vlore, Volgograd, Voronezh, Vukovar, Vyborg, Waco, Waltham, Warri, Warsaw, Warschau, Washington,
Washington D.C., Washington DC, Waterford, Waterloo, Weimar, Wellington, Wenzhou, West Berlin, West Chester, West Palm
Beach, Westminster, Westport, Wheeling, White Plains, Whitehorse, Wichita, Wichita Falls, Wien, Wiesbaden, Willemstad,
Wilmington, Wimbledon, Windhoek, Winnipeg, Winston-Salem, Wolfsburg, Wollongong, Wolverhampton, Wonsan, Worcester,
Wrexham, Wroclaw, Wuerzburg, Wuhan, Wuppertal, Wuxi, Würzburg, Xi'an, Xiamen, Xian, Xining, Yakima, Yakutsk, Yalta,
Yamoussoukro, Yangon, Yantai, Yaounde, Yaroslavl, Yekaterinburg, Yellowknife, Yerevan, Yinchuan, Yogyakarta, Yokohama,
Yokosuka, Yonkers, Youngstown, Zadar, Zagreb, Zahedan, Zahle, Zamboanga, Zanzibar, Zaporizhzhia, Zaragoza, Zarqa,
Zeebrugge, Zenica, Zhengzhou, Zhuhai, Zhytomyr, Zinder, Zug, Zurich, Zürich
"""

# What the CLDR calls otherwise.
_NAMES_ELSEWHERE = """
Angleterre, Etats-Unis, Großbritannien, USA, EE.UU., EEUU, Gran Bretaña, Amérique
"""

_PEOPLES = """
Afghan, African, Albanian, Algerian, American, Andean, Angolan, Arab, Arabian, Arabic, Argentine, Argentinian,
Armenian, Asian, Australian, Austrian, Azerbaijani, Azeri, Bahraini, Balkan, Bangladeshi, Basque, Bavarian,
Belarusian, Belgian, Bengali, Bolivian, Bosnian, Brazilian, British, Briton, Bulgarian, Burmese, Burundian,
Californian, Cambodian, Cameroonian, Canadian, Catalan, Caucasian, Chechen, Chilean, Chinese, Christian, Colombian,
Congolese, Corsican, Cossack, Croat, Croatian, Cuban, Cypriot, Czech, Dane, Danish, Dominican, Dutch, Ecuadorean,
Egyptian, English, Eritrean, Estonian, Ethiopian, Eurasian, European, Fijian, Filipino, Finn, Finnish, Flemish,
French, Frenchman, Gabonese, Gambian, Georgian, German, East German, West German, Ghanaian, Greek, Guatemalan,
Haitian, Hawaiian, Hispanic, Hindu, Honduran, Hungarian, Hutu, Icelandic, Indian, Indonesian, Iranian, Iraqi, Irish,
Islamic, Israeli, Italian, Ivorian, Jamaican, Japanese, Jew, Jewish, Jordanian, Kashmiri, Kazakh, Kenyan, Khmer,
Korean, North Korean, South Korean, Kosovar, Kurd, Kurdish, Kuwaiti, Laotian, Latino, Latin, Latvian, Lebanese,
Liberian, Libyan, Lithuanian, Macedonian, Malawian, Malay, Malaysian, Maltese, Maoist, Marxist, Mediterranean,
Mexican, Moldovan, Mongolian, Moroccan, Mozambican, Muslim, Moslem, Namibian, Nepalese, Nepali, New Yorker, New
Zealander, Nicaraguan, Nigerian, Nordic, Norwegian, Orthodox, Ottoman, Pakistani, Palestinian, Panamanian, Paraguayan,
Parisian, Pashtun, Persian, Peruvian, Pole, Polish, Portuguese, Protestant, Prussian, Punjabi, Qatari, Roman,
Romanian, Russian, Rwandan, Salvadoran, Saudi, Scandinavian, Scot, Scottish, Senegalese, Serb, Serbian, Shiite, Shia,
Siberian, Sicilian, Sikh, Singaporean, Slav, Slavic, Slovak, Slovene, Slovenian, Somali, South African, Soviet,
Spaniard, Spanish, Sri Lankan, Sudanese, Sunni, Swede, Swedish, Swiss, Syrian, Taiwanese, Tajik, Taliban-era, Tamil,
Tanzanian, Tatar, Texan, Thai, Tibetan, Tunisian, Turk, Turkish, Turkmen, Tutsi, Ugandan, Uighur, Uyghur, Ukrainian,
Uruguayan, Uzbek, Venezuelan, Viennese, Vietnamese, Welsh, Western, Yemeni, Yugoslav, Zairean, Zambian, Zimbabwean,
Zionist, Catholic, Anglican, Baptist, Methodist, Lutheran, Mormon, Buddhist, Judaic, Biblical, Christianity, Islam,
Judaism, Buddhism, Hinduism, Communism, Communist, Socialist, Democratic, Republican, Conservative, Liberal, Labour,
Nazi, Fascist, Leftist, Hebrew, Yiddish, Mandarin, Cantonese, Swahili, Urdu, Hindi, Farsi, Gaelic, Caribbean, Alpine,
Arctic, Byzantine, Victorian, Elizabethan, Jihadist, Islamist, Sandinista, Peronist, Gaullist, Leninist, Stalinist,
Trotskyist, Texans, Anglo-American
"""

_ORGANISATIONS = """
Bristol-Myers Squibb, Credit Suisse First Boston, United Artists, 20th Century Fox, HarperCollins, Random House, Simon
& Schuster, Penguin, Doubleday, Knopf, Viking, Macmillan, Houghton Mifflin, McGraw-Hill, Hearst, Gannett, Knight
Ridder, Tribune Co., Dow Jones & Co., Cinemax, Showtime, Lycos, Excite, Infoseek, AltaVista, RealNetworks, Amazon,
eBay, PayPal, LinkedIn, Instagram, WhatsApp, Snapchat, TikTok, Spotify, Hertz, Avis, FedEx, UPS, Union Pacific,
Amtrak, Greyhound, Continental Airlines, Northwest Airlines, US Airways, Southwest Airlines, Qantas, KLM, Swissair,
Iberia, Alitalia, Japan Airlines, Korean Air, Cathay Pacific, Singapore Airlines, Malaysia Airlines, Air India, El Al,
Emirates, Garuda, Thai Airways, Gillette, Colgate-Palmolive, Kimberly-Clark, Kellogg, General Mills, Kraft, Heinz,
Nabisco, RJR Nabisco, Campbell Soup, Anheuser-Busch, Heineken, Guinness, Seagram, Clairol, Revlon, L'Oreal, L'Oréal,
Avon, Chanel, Gucci, Prada, Armani, Dior, Louis Vuitton, LVMH, Levi Strauss, Gap, Sears Roebuck, J.C. Penney, Macy's,
Bloomingdale's, Target, Home Depot, Costco, Tesco, Sainsbury, Carrefour, Marks & Spencer, Ikea, IKEA, H&M, Zara,
Burger King, Wendy's, Pizza Hut, KFC, Domino's, Marriott, Hilton, Hyatt, Sheraton, Caterpillar, John Deere, Deere,
DuPont, Dow Chemical, Monsanto, 3M, Kodak, Polaroid, Xerox, Canon, Nikon, Fuji, Sharp, NEC, Sanyo, LG, Daewoo, Kia,
Suzuki, Subaru, Isuzu, Porsche, Audi, Opel, Skoda, Ferrari, Lamborghini, Jaguar, Rolls-Royce, Land Rover, Rover,
Alstom, Bombardier, Thales, Dassault, EADS, Saab AB, BAE Systems, British Aerospace, Halliburton, Bechtel, Enron,
WorldCom, Tyco, Aetna, Cigna, Prudential, MetLife, Allianz, AXA, Berkshire Hathaway, AIG, Fannie Mae, Freddie Mac,
American Express, Visa, MasterCard, Wells Fargo, Bank of America, BankAmerica, BankBoston, First Union, Nomura, Daiwa,
Yamaichi, Sumitomo, Mitsui, Bank of Japan, Bank of England, Commerzbank, Dresdner Bank, ABN Amro, ING, BNP Paribas,
Crédit Agricole, Santander Group, KPMG, Ernst & Young, Deloitte, PricewaterhouseCoopers, Arthur Andersen, McKinsey,
Accenture, Gallup, Nielsen, Omnicom, WPP, Saatchi & Saatchi, J. Walter Thompson, Young & Rubicam, Ogilvy & Mather,
Vodafone, Deutsche Telekom, France Telecom, British Telecom, BT, Telefonica, AT&T Wireless, Bell Atlantic, BellSouth,
Ameritech, GTE, Qualcomm, Texas Instruments, Advanced Micro Devices, AMD, Nvidia, Sun Microsystems, Silicon Graphics,
Unisys, Gateway, Acer, Lenovo, Foxconn, Lukoil, Yukos, Sibneft, Norilsk Nickel, Surgutneftegaz, Sberbank, VTB, Rostec,
Aeroflot, Statoil, Equinor, Norsk Hydro, Total, Elf Aquitaine, Eni, Repsol, TotalEnergies, Petronas, Sinopec,
PetroChina, CNOOC, Saudi Aramco, Conoco, ConocoPhillips, Phillips Petroleum, Occidental, Amoco, Arco, Unocal, Boeing,
Rio Tinto, BHP, Anglo American, De Beers, Alcoa, Bethlehem Steel, U.S. Steel, ArcelorMittal, Tata, Infosys, Reliance,
Wipro, NBC News, ABC News, CBS News, CNN International, BBC News, Sky News, Deutsche Welle, Voice of America, Radio
Free Europe, Chicago Sun-Times, San Francisco Chronicle, Miami Herald, Houston Chronicle, Dallas Morning News,
Philadelphia Inquirer, New York Post, New York Daily News, New Yorker, Washington Times, Christian Science Monitor,
Daily Telegraph, The Independent, Le Parisien, Libération, Bild, Die Welt, Die Zeit, Süddeutsche Zeitung, Frankfurter
Allgemeine Zeitung, La Stampa, La Vanguardia, El Mundo, Clarín, O Globo, Folha, Yomiuri Shimbun, Nikkei, South China
Morning Post, Times of India, Hindustan Times, Dawn, Al-Ahram, Jerusalem Post, Yediot Ahronot, Maariv, UNDP, UNRWA,
WFP, FAO, ILO, ICRC, NAFTA, ECOWAS, SADC, Mercosur, CIS, ICC, ICJ, OAS, CARICOM, SAARC, GCC, World Health
Organization, World Trade Organization, World Food Program, Doctors Without Borders, Oxfam, Save the Children, Human
Rights Commission, Transparency International Associated Press, AP, Reuters, AFP, Agence France-Presse, UPI, Xinhua,
TASS, ITAR-Tass, ITAR-TASS, Interfax, Kyodo, Yonhap, KCNA, EIRNS, DPA, ANSA, EFE, PTI, ANI, IRNA, RIA Novosti,
Bloomberg, BBC, CNN, NBC, CBS, ABC, Fox News, Fox, MSNBC, CNBC, NPR, PBS, HBO, MTV, ESPN, C-SPAN, Al Jazeera, New York
Times, Washington Post, Wall Street Journal, Los Angeles Times, USA Today, Politico, Guardian, Financial Times, Der
Spiegel, Le Monde, Le Figaro, El País, El Pais, Corriere della Sera, La Repubblica, Pravda, Izvestia, Kommersant,
Newsweek, Time magazine, Vanity Fair, Huffington Post, Breitbart, BuzzFeed, Boston Globe, Chicago Tribune, Publishers
Weekly, Daily Mail, Sunday Times, People's Daily, Global Times, Asahi Shimbun, Haaretz, Economist, United Nations,
U.N., UN, U.N. Security Council, Security Council, General Assembly, UNESCO, UNICEF, UNHCR, WHO, WTO, IMF, World Bank,
International Monetary Fund, NATO, OPEC, OPEC+, OECD, OSCE, European Union, EU, E.U., EC, EEC, European Commission,
European Parliament, European Central Bank, ECB, African Union, OAU, ASEAN, APEC, Arab League, Commonwealth, Red
Cross, Red Crescent, International Committee of the Red Cross, Amnesty International, Human Rights Watch, Greenpeace,
Interpol, IAEA, G7, G-7, G8, G20, G-20, BRICS, Vatican, Holy See, Kremlin, White House, Pentagon, State Department,
Congress, U.S. Congress, Senate, House, House of Representatives, House of Commons, House of Lords, Supreme Court,
Justice Department, Treasury Department, Treasury, Defense Department, Foreign Ministry, Defense Ministry, Interior
Ministry, Finance Ministry, Parliament, Knesset, Duma, State Duma, Bundestag, Bundesrat, Bundesbank, Diet, Politburo,
Central Committee, Cabinet, Federal Reserve, Fed, FBI, CIA, NSA, DEA, FDA, EPA, IRS, FAA, FCC, FTC, SEC, NASA, KGB,
FSB, Mossad, MI5, MI6, GOP, ACLU, NRA, NAACP, AFL-CIO, IRA, ETA, PLO, PKK, ANC, DUP, SPD, CDU, CSU, FDP, PRI, BJP,
LDP, RSS, Fatah, Hamas, Hezbollah, Islamic Jihad, Taliban, al-Qaida, al-Qaeda, Al-Qaeda, Al-Qaida, Al Qaeda, Islamic
State, ISIS, ISIL, Boko Haram, al-Shabab, Sinn Fein, Likud, Labour, Labour Party, Labor Party, Tories, Tory Party,
Conservative Party, Republican Party, Democratic Party, Communist Party, Christian Democrats, Social Democrats,
Solidarity, Khmer Rouge, Red Brigades, Viet Cong, Irish Republican Army, Republican National Committee, Democratic
National Committee, RNC, DNC, Black Lives Matter, Ku Klux Klan, Tea Party, Planned Parenthood, Wehrmacht, Red Army,
Luftwaffe, Coast Guard, National Guard, Secret Service, Air Force, Navy, Marines, Marine Corps, Royal Navy, U.S. Army,
U.S. Navy, U.S. Air Force, New York Stock Exchange, NYSE, Nasdaq, NASDAQ, American Stock Exchange, Dow Jones, Standard
& Poor's, Moody's, Microsoft, Apple, Google, Facebook, Twitter, YouTube, Amazon.com, Yahoo, Netscape, America Online,
AOL, IBM, Intel, Hewlett-Packard, Compaq, Dell, Oracle, Cisco, AT&T, MCI, Sprint, Verizon, Motorola, Nokia, Ericsson,
Samsung, Sony, Toshiba, Hitachi, Fujitsu, Panasonic, Toyota, Honda, Nissan, Mazda, Mitsubishi, Hyundai, General
Motors, GM, Ford, Chrysler, DaimlerChrysler, Daimler-Benz, Volkswagen, BMW, Mercedes-Benz, Renault, Peugeot, Fiat,
Volvo, Saab, Airbus, Lockheed, Lockheed Martin, Northrop Grumman, McDonnell Douglas, Raytheon, General Electric, GE,
Siemens, Philips, Exxon, ExxonMobil, Mobil, Chevron, Texaco, Shell, Royal Dutch/Shell, BP, British Petroleum, Gazprom,
Rosneft, Aramco, Petrobras, Pemex, Coca-Cola, Pepsi, PepsiCo, McDonald's, Starbucks, Wal-Mart, Walmart, Kmart, Sears,
Disney, Walt Disney, Time Warner, Warner Bros., Paramount, MGM, Universal, Viacom, News Corp., DreamWorks, Citibank,
Citicorp, Citigroup, Chase Manhattan, J.P. Morgan, JPMorgan, Goldman Sachs, Morgan Stanley, Merrill Lynch, Lehman
Brothers, Salomon Brothers, Deutsche Bank, Barclays, HSBC, UBS, Credit Suisse, Societe Generale, Philip Morris, R.J.
Reynolds, Procter & Gamble, Johnson & Johnson, Pfizer, Merck, Bayer, BASF, Hoechst, Novartis, Roche, Glaxo, Unilever,
Nestle, Nestlé, Nike, Adidas, Reebok, Lufthansa, British Airways, Air France, United Airlines, American Airlines,
Delta Air Lines, TWA, Harvard, Yale, Princeton, Stanford, MIT, UCLA, Oxford University, Cambridge University, Columbia
University, West Point, NFL, NBA, MLB, NHL, NCAA, FIFA, UEFA, IOC, ATP, WTA, PGA, International Olympic Committee,
Manchester United, Real Madrid, Yankees, New York Yankees, Mets, Dodgers, Giants, Lakers, Celtics, Knicks, Bulls,
Cowboys, Redskins, Metropolitan Opera, La Scala, Louvre, Brooklyn Academy of Music, Museum of Modern Art, Metropolitan
Museum of Art, Carnegie Hall, Lincoln Center, Smithsonian Institution, Beatles, Rolling Stones, Medicare, Medicaid,
Social Security Administration, Uber, Netflix, Tesla, SpaceX, Huawei, Alibaba, Tencent, Boeing Co., Bundeswehr,
CDU/CSU, Élysée, Bundesregierung, Assemblée nationale
"""

# A name that ends in one of these is an organisation; with "of" or "for" behind them they begin one.
_ORGANISATION_HEADS = """
Academy, Administration, Channel, Agency, Airlines, Airways, Alliance, Army, Assembly, Associates, Association,
Authority, Bank, Board, Brigade, Brigades, Broadcasting, Brothers, Bureau, Business School, Cabinet, Campaign, Caucus,
Center, Centre, Chamber, Church, Circuit, Club, Co, Co., Coalition, College, Command, Commission, Committee,
Commonwealth, Community, Companies, Company, Confederation, Conference, Congress, Congregation, Consortium,
Co-operative, Cooperative, Corp, Corp., Corporation, Corps, Cos., Council, Court, Department, Directorate, Division,
Enterprises, Exchange, Executive, Faction, Federation, Fellowship, Force, Forces, Forum, Foundation, Front, Fund,
Gazette, GmbH, Group, Guard, Guild, Herald, Holding, Holdings, Hospital, Inc, Inc., Industries, Infirmary, Initiative,
Institute, Institution, Insurance, International, Jihad, Journal, Laboratories, Laboratory, League, Legislature,
Library, LLC, LLP, Ltd, Ltd., Limited, Magazine, Ministry, Mission, Motors, Movement, Museum, Navy, Network, Networks,
News, Newspapers, Observatory, Office, Opera, Orchestra, Order, Organisation, Organization, Parliament, Partners,
Partnership, Party, PLC, Plc, plc, Police, Post, Press, Productions, Project, Prosecutor, Publications, Publishers,
Publishing, Radio, Railway, Railways, Records, Regiment, Republicans, Resistance, Review, Savings, School,
Secretariat, Senate, Seminary, Service, Services, Society, Squad, Star, Studio, Studios, Syndicate, Synod, Systems,
Team, Technologies, Telecom, Telegraph, Television, Theater, Theatre, Times, Tribunal, Tribune, Trust, Union,
University, Weekly, AG, SA, S.A., S.p.A., SpA, NV, N.V., AB, A/S, Oy, Bhd, Bhd., KK, Pty, Commerce, Soccer, Airline,
Hotel, Inn, Restaurant, Mosque, Synagogue, Cathedral, Basilica, Shrine, Prison, Penitentiary, Airport, Stadium, Arena,
Palace, Hall, Gallery, Zoo, Resort, Casino, Mall, Mills, Bancorp, Bankshares, Petroleum, Oil, Pharmaceuticals,
Software, Electronics, Entertainment, Financial, Capital, Securities, Resources, Energy, Communications, Media,
Pictures, Stores, Foods, Brands, Chemical, Chemicals, Steel, Electric, Gas, Airbase
"""

_PLACE_HEADS = """
River, Lake, Lakes, Sea, Ocean, Gulf, Bay, Island, Islands, Isle, Isles, Mountain, Mountains, Valley, Peninsula,
Desert, Canyon, Canal, Strait, Straits, Coast, Beach, Heights, Hills, Forest, Park, Square, Street, Avenue, Boulevard,
Road, Lane, Highway, Bridge, Tunnel, Plaza, County, Province, Region, Territory, Territories, District, State, City,
Town, Township, Village, Republic, Oblast, Krai, Kingdom, Emirates, Archipelago, Plateau, Basin, Plains, Delta,
Harbor, Harbour, Falls, Creek, Grounds, Reservation, Border, Shore, Glacier, Volcano, Reef, Cape, Pass, Ridge,
Airfield, Estate, Prefecture, Parish, Springs, Point, Grove, Junction, Crossing
"""

# French, Spanish, Italian, Portuguese and German put the head first.
_ORGANISATION_OPENERS = """
Ministère Banque Université Assemblée Conseil Parti Parlement Sénat Cour Fédération Agence Syndicat Ministerio Banco
Universidad Asamblea Consejo Partido Parlamento Senado Corte Tribunal Comisión Federación Agencia Sindicato Ministero
Banca Università Assemblea Consiglio Partito Agenzia Federazione Ministério Universidade Assembleia Conselho Comissão
Federação Agência Bundesministerium Universität Bündnis Ayuntamiento Fundación Fondation Fondazione Fundação Fiscalía
Procura Polícia Policía
"""

_PLACE_OPENERS = (
    "Lake Mount Mt. Cape Fort Ft. Port Gulf Bay Strait Isle Sea Río Kuala Jalan Kampung Pulau Bukit Sungai Tanjung Rio"
)

_TITLES = """
Mr, Mr., Mrs, Mrs., Ms, Ms., Miss, Dr, Dr., Sir, Dame, Lord, Lady, Baron, Baroness, Count, Countess, Duke, Duchess,
Prince, Princess, King, Queen, Emperor, Empress, Tsar, Sultan, Sheikh, Sheik, Emir, Pope, Cardinal, Archbishop,
Bishop, Father, Sister, Brother, Rabbi, Imam, Ayatollah, Mullah, Rev, Rev., Reverend, Monsignor, Msgr., Pastor, Saint,
President, Presidents, President-elect, Premier, Chancellor, Minister, Ministers, Vice-President, Vice, Deputy,
Senator, Senators, Sen, Sen., Sens., Rep, Rep., Reps., Representative, Congressman, Congresswoman, Governor, Gov,
Gov., Govs., Lt., Mayor, Ambassador, Secretary, Secretary-General, Commissioner, Chairman, Chairwoman, Chair, Chief,
Director, Judge, Justice, Attorney, Prosecutor, Speaker, Leader, General, Gen, Gen., Maj., Major, Col, Col., Colonel,
Capt., Captain, Lieutenant, Sgt., Sergeant, Cpl., Corporal, Pvt., Adm., Admiral, Cmdr., Commander, Marshal, Officer,
Detective, Inspector, Sheriff, Constable, Superintendent, Professor, Prof, Prof., Dean, Coach, Manager, Spokesman,
Spokeswoman, Spokesperson, Analyst, Economist, Director-General, Vice-Chairman, Comrade, Citizen, Herr, Frau,
Fräulein, Monsieur, Madame, Mme, MP, MPs, MEP, CEO, CFO, Uncle, Aunt, Prophet, Mlle, Señor, Señora, Don, Doña, Signor,
Signora, Dom, Datuk, Dato, Tun, Tunku, Tengku, Hajji, Haji, Mwalimu, Actor, Actress, Singer, Author, Writer, Producer,
Composer, Designer, Candidate, Councilman, Councilwoman, Assemblyman, Assemblywoman, Counsel, Undersecretary, Envoy,
Consul, Treasurer, Comptroller, Auditor, Warden, Trustee, Alderman, Administrator, Moderator, Anchor, Host, Editor,
Reporter, Columnist, Correspondent, Strategist, Adviser, Advisor, Aide, Lawyer, Businessman, Billionaire, Tycoon,
Militant, Guerrilla, Warlord, Mastermind, Kanzler, Kanzlerin, Präsident, Präsidentin, Bundeskanzler, Bundeskanzlerin,
Ministerin, Außenminister, Außenministerin, Finanzminister, Innenminister, Président, Présidente, Ministre,
Presidente, Presidenta, Ministro, Ministra, Ex-President, Chairperson
"""

# Stands before a title and belongs to it: "Russian Foreign Minister", "Assistant Attorney General".
_TITLE_MODIFIERS = """
Foreign, Prime, Deputy, Vice, First, Finance, Defense, Defence, Interior, Justice, Trade, Education, Health,
Environment, Agriculture, Energy, Labor, Labour, Economy, Economic, Transport, Transportation, Commerce, Treasury,
Home, Culture, Assistant, Associate, Acting, Former, Chief, Senior, Attorney, State, Executive, Managing, General,
National, Security, Field, Rear, Brigadier, Lance, Staff, Police, Press, Opposition, Majority, Minority, House,
Senate, Supreme, District, Federal, Crown, Grand, Lieutenant, Ex, Late, Sports, Oil, Planning, Information, Tourism,
Industry, Science, Technology, Social, Welfare, Public, Relief, Special, Undersecretary, Inspector, Major, Democratic,
Republican, Communist, Socialist
"""

_MONTHS_AND_DAYS = """
January February March April May June July August September October November December Jan Feb Mar Apr Jun Jul Aug Sept
Sep Oct Nov Dec Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sept. Sep. Oct. Nov. Dec. Monday Tuesday Wednesday Thursday Friday
Saturday Sunday Mon Tue Wed Thu Fri Sat Sun Mon. Tue. Wed. Thu. Fri. Sat. Sun. Mondays Tuesdays Wednesdays Thursdays
Fridays Saturdays Sundays Christmas Easter Ramadan Passover Thanksgiving Halloween Hanukkah Lent Sabbath Internet Web
Bible Koran Quran Torah Olympics Olympic Games Game Cup Grammy Oscar Oscars Emmy Nobel Prize Pulitzer Winter Summer
Spring Autumn Fall
"""

# Capitalised words that open sentences, headlines and labels, and no name.
_COMMON = """
A About Above According Across Act Add Added Adding After Afterward Again Against Ago All Almost Alone Along Already
Also Although Always Am Among An And Another Any Anyone Anything Apart Are Around As Aside Asked At Away Back Bad
Based Be Because Been Before Behind Being Below Beneath Besides Best Better Between Beyond Big Both But By Call Called
Can Cannot Children City Clearly Come Comments Companies Compared Concerning Could Critics Day Days Dear Despite Did
Do Does Doing Done Don't Down Due During Each Earlier Early Eight Eighteen Eighth Either Eleven Else Elsewhere Enough
Especially Even Eventually Ever Every Everybody Everyone Everything Exactly Except Experts Far Few Fewer Fifteen Fifth
Fifty Finally Find First Five Following For Former Forty Four Fourteen Fourth From Further Get Given Giving Go Going
Good Got Great Had Half Hardly Has Have Having He Hence Her Here High His Hold How However Hundreds I If I'd I'll I'm
I've Immediately In Indeed Initially Instead Into Is It Its It's Just Keep Know Known Last Lastly Late Later Least
Leave Less Let Let's Like Likewise Little Living Local Long Look Looking Low Made Main Make Making Man Many Maybe Me
Meanwhile Media Members Men Might Million Millions More Moreover Most Mostly Much Must My Near Nearby Nearly Neither
Never Nevertheless New Next Nine Nineteen Ninth No Nobody None Nonetheless Nor Not Nothing Notes Now Nowhere Of Off
Officials Often Old On Once One Ones Only Open Or Other Others Otherwise Our Out Outside Over Overall Part People
Perhaps Please Plus Police Possibly Press Previously Probably Put Quite Rather Read Really Recently Reporters
Residents Right Said Same Say Says Second See Seen Separately Seven Seventeen Seventh Several She Should Show
Similarly Since Six Sixteen Sixth Sixty So Some Somebody Someone Something Sometimes Soon Speaking State Still Stop
Such Suddenly Supporters Sure Take Taken Taking Ten Tenth Than Thank Thanks That That's The Their Them Then There
Therefore There's These They They're Thing Things Think Third Thirteen Thirty This Those Though Thousands Three
Through Throughout Thus Time To Today Together Tomorrow Tonight Too Total Toward Towards Traders Twelve Twenty Two
Under Unfortunately Unless Unlike Until Up Upon Us Use Used Using Usually Very Via Was Watch We Well Went Were We're
We've What Whatever What's When Whenever Where Whereas Wherever Whether Which While Who Whoever Whole Whom Whose Why
With Within Without Witnesses Women Would Yes Yesterday Yet You Young Your You're Analysts Authorities Investigators
Investors Workers Troops Soldiers Students Doctors Voters Lawyers Dealers Diplomats Economists Scientists Researchers
Prosecutors Organizers Opponents Protesters Rebels Rescuers Sources Shares Prices Sales Stocks Bonds Profits Oil Gold
Fire Firefighters Government Governments Opposition Parents Passengers Players Teachers Villagers Demonstrators Fans
Fighting Figures Families Farmers Foreign Friends Guests Inside Interest Israelis Judges Law Lawmakers Leaders Markets
Negotiators Nations Nurses Observers Owners Politicians Polls Private Public Real Rescue Rain Results Security Shops
Small Special Talks Taxes Thirty-five Top Tourists Trade Trading Trains Union Unemployment Votes War Water Weather
Winds World Worse Year Years Zero Related Photo Image Images Video Photos Twitter Story Stories Advertisement
Copyright Contact Correction Editor's Note Update Updates Source Share Follow Email Subscribe Newsletter Sign Posted
Published Click File Getty Le La Les Un Une Des Du Il Elle Ils Elles Nous Vous Je Ce Cette Ces Mais Et Ou Dans Pour
Par Sur Selon Avec Der Die Das Ein Eine Es Er Sie Wir Ich Und Aber Oder Auch Im Bei Mit Nach Von Zu Zum Zur Für Auf
Den Dem Als Wenn Dass Nicht El Los Las Una Uno En Con Por Para Según Pero Y O Se Lo Su Sus Este Esta Como Cuando Gli
Che Di Da Del Della Nel Nella Per Ma Anche Secondo Dopo Si Os Um Uma Em Na Mas Segundo Depois Het Een De Van Voor Met
Naar
"""

# Words that no name has in it, wherever they stand.
_FUNCTION = """
A An The This That These Those There Here It Its He She They We You I His Her Their Our My Your Him Them Us Me Who
Whose What Which When Where Why How If In On At By For From To Of With Without As And Or But Nor So Yet Not No Is Are
Was Were Be Been Being Has Have Had Do Does Did Would Can Could Should Might Must After Before Since Until While
Although Though Because Despite During Between Among Through Against Under Over About Into Also Then Than Even Only
Just Meanwhile However Both Either Neither Each Every Some Any Many Most Much Few Several Such Other Another Said Says
Asked Told Added According Speaking Once Still Already I'm I've I'll I'd It's He's She's They're We're You're Don't
Didn't That's There's What's Let's Can't Won't Isn't Wasn't
"""

# Words that make a run of capitals something else than a person: events, works, products, laws, offices.
_NOT_PERSONS = """
Accord Accords Act Affairs Age Agreement Air Amendment American Anniversary Arts Atlantic Attack Award Awards Ballet
Bible Bill Black Book Bowl Bridge Building Bush-era Business Cabinet Care Case Center Central Century Challenge
Champions Championship Championships Charter Chief Church City Civil Classic Clean Climate Coast Code Cold Commerce
Communist Concert Constitution Convention County Courts Crisis Crown Cup Data Day Days Deal Declaration Defense
Democratic Derby Development Digital Dollar Donor Dream East Eastern Economic Economy Education Election Elections
Energy Enterprise Environment Environmental Era Eve Expo Express Fair Federal Festival Final Finals Finance Financial
First Flight Food Foreign Formula Free Freedom Friday Games Gate General Global Gold Good Government Governors Grand
Great Green Guide Gulf Head Health High Highway History Hockey Holiday Holocaust Home Hour House Housing Human Rights
Independence Index Industrial Information Innovation Intelligence Interior Internal International Internet Investment
Iron Island Jobs Journal Justice Labor Law School Leadership Life Line Lives Local Low Magazine Market Markets Master
Masters Matters Medal Media Medical Medicine Memorial Middle Military Ministers Minority Modern Money Morning Motor
Movie Music National Nations Natural New News Newspaper Night Nobel North Northern Nuclear Oil Old Olympic Olympics
Online Open Orchestra Order Ordinance Pacific Pact Panel Parade Party Patrol Peace People Plan Plaza Policy Political
Power Premier Prize Program Progress Property Protocol Public Race Radio Rail Railroad Reform Relations Relief
Representatives Republic Republican Research Resolution Response Restoration Review Revolution Road Royal Rule Rules
Safety Science Search Season Security Senate Series Service Services Show Shuttle Silver Social South Southern Space
Special Sports Spring Stadium Standard Star Stars State States Station Statement Stock Store Strategy Street Studies
Summit Sunday Super Supply Supreme System Systems Talks Tax Technology Television Test Theory Third Today Tonight Top
Tour Tournament Tower Town Trade Trail Training Transit Treaty Trial Trophy Truth Unit United Urban Value Veterans
Victory Virtual War Water Watergate Wave Way Web Week Weekend Welfare West Western White Wide Winter Women World Year
Yearbook Youth Zone Bank Court Army Guard Force Club Hotel Works Model Edition Version Vol Volume Chapter Part Number
Project Operation Mission Section Article Title Phase Level Class
"""

_MALE = """
Denzel Olaf Friedrich Emmanuel Pedro Luiz Inácio Erling Jed Robi Montgomery Alexey Ids Baz Rintje Aung Aaron Abdel
Abdul Abdullah Abdulla Abel Abraham Abu Achim Adam Adel Adnan Adolf Adrian Ahmad Ahmed Ahmet Aidan Akbar Akio Akira Al
Alain Alan Albert Alberto Aldo Aldous Alec Aleksandar Aleksander Aleksandr Alejandro Alessandro Alex Alexander
Alexandre Alexei Alexis Alf Alfonso Alfred Alfredo Ali Allan Allen Alois Alphonse Alvaro Alvin Amir Amos Anatole
Anatoly Anders Andre André Andrea Andreas Andrei Andres Andrés Andrew Andrey Andrzej Andy Angelo Angus Anil Anthony
Antoine Anton Antonin Antonio António Antony Anwar Ariel Aristide Armand Armando Armin Arnold Art Artem Arthur Arturo
Arun Ashok Ashraf Aslan Atal Augustin Augusto Avi Avigdor Axel Ayman Aziz Bakr Barack Baruch Barney Barry Bart
Bartholomew Bashar Basil Ben Benedict Beniamino Benjamin Benny Bernard Bernardo Bernd Bernhard Bernie Bert Bertrand
Bill Billy Binyamin Bjorn Björn Bo Bob Bobby Bogdan Boris Boutros Brad Bradley Brent Brett Brian Bruce Bruno Bryan Bud
Burhanuddin Burt Calvin Cameron Carl Carlo Carlos Carsten Cary Casey Caspar Cecil Cedric Cesar César Chad Charles
Charley Charlie Chester Chris Christian Christoph Christophe Christopher Chuck Clarence Clark Claude Claudio Claus
Clay Clement Cliff Clifford Clint Clinton Clive Clyde Colin Connor Conor Conrad Constantin Corey Cory Craig Curt
Curtis Cyril Cyrus Dag Dale Damian Damon Dan Daniel Daniele Danilo Danny Dariusz Darrell Darren Darryl Dave David
Davide Dean Deng Denis Dennis Derek Derrick Desmond Dick Didier Diego Dieter Dietrich Dimitri Dimitris Dinesh Dino
Dirk Dmitri Dmitriy Dmitry Dominic Dominique Don Donald Donovan Doug Douglas Drago Dragan Drew Duane Dudley Duncan
Dwayne Dwight Dylan Earl Ed Eddie Edgar Edmond Edmund Eduard Eduardo Edward Edwin Egon Ehud Eli Elias Elliot Elliott
Ellis Elmer Elton Emanuel Emil Emile Emilio Emir Enrico Enrique Enver Erhard Eric Erich Erik Ernest Ernesto Ernie
Ernst Erwin Esteban Ethan Etienne Eugene Eugenio Evan Evgeny Ezra Fabio Fahd Faisal Farouk Fawzi Federico Felipe Felix
Ferdinand Fernando Fidel Filip Filippo Finn Floyd Francesco Francis Francisco Franco Francois François Frank Frankie
Franklin Frans Frantisek Franz Fred Freddie Frederic Frederick Fredrik Fritz Fyodor Gabriel Gamal Garry Gary Gavin
Gene Gennady Geoff Geoffrey Georg George Georges Georgi Gerald Gerard Gerhard Gerry Gert Giancarlo Gianni Gilbert
Gilles Gino Giorgio Giovanni Girija Giulio Giuseppe Glen Glenn Goran Gordon Graham Grant Greg Gregor Gregory Grigory
Guido Guillaume Guillermo Gunnar Gunter Günter Günther Gunther Gus Gustav Gustavo Guy Habib Hafez Hakan Hal Hamid
Hamza Hank Hans Harald Hariri Harlan Harold Harris Harrison Harry Harvey Hasan Hashim Hassan Hector Heinrich Heinz
Helmut Hendrik Henri Henrik Henry Herb Herbert Herman Hermann Heydar Hideki Hiroshi Hisashi Horacio Horst Hosni Howard
Hubert Hugh Hugo Humberto Humphrey Hun Husni Hussain Hussein Ian Ibrahim Idris Igor Ilham Ilya Imad Imran Imre Indra
Ingmar Innocent Ion Ira Irving Irwin Isaac Isaiah Ishmael Islam Ismail Istvan Ivan Ivo Jaap Jack Jacky Jacob Jacques
Jaime Jake Jakob Jalal Jamal James Jamie Jan Janez Janos János Jared Jaroslaw Jason Jassim Javier Jay Jean Jean-Claude
Jean-François Jean-Jacques Jean-Luc Jean-Marc Jean-Marie Jean-Michel Jean-Paul Jean-Pierre Jeff Jefferson Jeffrey Jens
Jeremiah Jeremy Jerome Jerry Jess Jesse Jesus Jesús Jim Jimmy Joachim Joaquin Joe Joel Joerg Jörg Johan Johann
Johannes John Johnny Jon Jonas Jonathan Jordan Jorge Joris Jose José Josef Joseph Josh Joshua Josip Juan Jules Julian
Julio Julius Jun Junichi Junichiro Jürgen Juergen Justin Kamal Kamuzu Karel Karim Karl Karl-Heinz Kaspar Kazimierz
Kazuo Keith Kemal Ken Kenji Kenneth Kent Kevin Khaled Khalid Khalil Kieran Kim Kirk Kiichi Klaus Kofi Konrad
Konstantin Kris Krzysztof Kurt Kyle Lamar Lance Larry Lars Laszlo László Laurence Laurent Laurie Lawrence Lech Lee
Leif Len Lennart Leo Leon Leonard Leonardo Leonid Leopold Leroy Les Leslie Lester Levi Lewis Liam Lionel Livio Lloyd
Lon Lonnie Lorenzo Lorne Lothar Lou Louis Lucas Luc Luca Luciano Lucien Ludwig Luigi Luis Luka Luke Luther Lyndon Mac
Magnus Mahathir Mahmoud Mahmood Mahmud Malcolm Malik Mamadou Manfred Manmohan Manny Manuel Marc Marcel Marcello
Marcelo Marco Marcos Marcus Marek Mariano Mario Marion Mark Marko Markus Marlon Marshall Martin Marty Marvin Masahiro
Massimo Masoud Mathias Mathieu Matt Matteo Matthew Matthias Maurice Mauricio Maurizio Max Maxim Maximilian Maynard
Mehdi Mehmet Mel Melvin Menachem Mesut Michael Michal Michel Michele Miguel Mick Mickey Mihail Mihai Mikael Mike
Mikhail Miklos Milan Milo Milorad Milos Milton Miodrag Mircea Miroslav Mitch Mitchell Mitt Mo Moammar Mobutu Mohamad
Mohamed Mohammad Mohammed Mohan Moise Momcilo Monty Mordechai Morgan Morris Mort Morton Moses Moshe Muammar Muhammad
Muhammadu Murray Musa Mustafa Nabil Nadir Narendra Nasser Nat Nathan Nathaniel Natwar Neal Ned Neil Nelson Neville
Newt Niall Nicholas Nick Nicola Nicolas Nicolás Niels Nigel Nikita Nikola Nikolai Nikolas Nikolay Nils Noah Noam Noel
Nolan Norbert Norman Nouri Nursultan Oleg Oleksandr Oliver Olivier Olli Omar Oren Orlando Orrin Oscar Oskar Osama
Osman Oswald Otmar Otto Owen Pablo Paddy Paolo Pascal Pasquale Pat Patrice Patrick Paul Paulo Pavel Pavle Per Perry
Pervez Petar Pete Peter Petr Petro Petros Phil Philip Philipp Philippe Phillip Pier Pierre Pieter Pietro Piotr Poul
Prakash Preston Qasim Quentin Quincy Radovan Radek Rafael Rafic Rafik Rahul Rainer Raj Rajiv Rajendra Ralf Ralph Ram
Ramesh Ramin Ramiro Ramon Ramzi Rand Randall Randolph Randy Raoul Raphael Rashid Rasmus Ratko Rauf Raul Raúl Ravi Ray
Raymond Recep Reggie Reginald Reid Reinhard Reinhold Reinhart Rene René Renato Reuben Rex Reza Ricardo Riccardo Rich
Richard Rick Ricky Rob Robbie Robert Roberto Robin Rocco Rocky Rod Rodney Rodrigo Roger Rohan Roland Rolf Roman Romano
Romeo Ron Ronald Ronnie Rory Roscoe Ross Roy Ruben Rudi Rudolf Rudolph Rudy Rufus Ruhollah Rupert Russ Russell Rustam
Ryan Ryutaro Saad Saddam Said Saleh Salim Salman Salvador Salvatore Sam Sami Samir Sammy Samuel Sandro Sandy Sani
Sanjay Santiago Saul Scott Sean Sebastian Seamus Selim Serge Sergei Sergey Sergio Seth Seymour Shamil Shane Shaukat
Shaun Shawn Sheldon Shimon Shinzo Shlomo Sidney Siegfried Sigmund Silvio Simeon Simon Slobodan Sol Solomon Sotirios
Spencer Stan Stanislav Stanislaw Stanley Stefan Stefano Steffen Stelios Sten Stephane Stephen Sterling Steve Steven
Stewart Stig Stipe Stjepan Stu Stuart Sukhbir Suleyman Süleyman Sultan Sven Svend Sydney Sylvester Tad Tadeusz Taha
Takeshi Tariq Taro Tayyip Ted Terence Terrence Terry Thabo Thaddeus Thaksin Theo Theodor Theodore Thierry Thomas
Thorbjoern Thorsten Tibor Tim Timo Timothy Tito Tobias Toby Todd Tom Tomas Tomasz Tomiichi Tommaso Tommy Toni Tony
Torsten Toshiki Travis Trent Trevor Tung Turgut Tyler Uday Udo Ulf Uli Ulrich Umberto Umar Uwe Vaclav Václav Vadim
Valentin Valeri Valery Vance Vasily Vern Vernon Vicente Victor Vijay Viktor Vikram Vince Vincent Vincenzo Viorel
Virgil Vitaly Vitali Vittorio Vlad Vladimir Vladislav Vojislav Volker Volodymyr Vyacheslav Wade Wallace Walid Wally
Walter Warren Wayne Wendell Werner Wes Wesley Wilbur Wilfried Wilhelm Will Willard Willem William Willie Willy Wim
Winfried Winston Wladyslaw Wojciech Wolfgang Woodrow Woody Xavier Yang Yasser Yasir Yasuhiro Yasuo Yevgeny Yitzhak
Yoshiro Yoweri Yuri Yuriy Yury Yusuf Yves Zachary Zbigniew Zeljko Zell Zeng Zhivko Zine Zoltan Zoran Zygmunt Abe Akeem
Alonzo Bakili Bubba Buzz Cornelius Darius Dexter Dov Eamon Elijah Elvis Emeka Femi Hashem Hamad Itamar Jalil Jomo
Kenan Kwame Levon Mwai Naguib Naftali Nnamdi Olusegun Omer Raila Rakesh Rolando Sepp Suresh Tendai Tunde Uhuru Umaru
Yahya Yair Zaki Reince Lindsey Marlin Jeb
"""

_FEMALE = """
Abigail Ada Adele Adriana Agatha Agnes Agnieszka Aida Aisha Alana Alexa Alexandra Alice Alicia Alison Allison Alma
Alyssa Amanda Amber Amelia Amina Amy Ana Anastasia Andrea Angela Angelica Angelina Angie Anita Ann Anna Annabel Anne
Anneliese Annette Annie Annika Antje Antoinette Antonia April Ariana Arlene Ashley Astrid Asma Audrey Aung Ayesha
Barbara Beatrice Beatriz Becky Belinda Benazir Bente Bernadette Bernice Bertha Beth Bethany Betsy Betty Beverly Bianca
Birgit Bonnie Brenda Bridget Brigitte Brittany Brooke Camille Candace Cara Carla Carly Carmen Carol Carole Carolina
Caroline Carolyn Carrie Catherine Cathy Cecilia Celeste Celia Chantal Charlene Charlotte Chelsea Cher Cheryl Chloe
Christa Christiane Christina Christine Cindy Claire Clara Clare Claudia Colleen Condoleezza Connie Constance Cora
Corazon Corinne Cristina Crystal Cynthia Dagmar Daisy Dana Danielle Daphne Dawn Deanna Debbie Deborah Debra Deirdre
Delia Delores Denise Diana Diane Dianne Dolores Dominique Donna Dora Doris Dorothea Dorothy Edith Edna Eileen Elaine
Eleanor Elena Elisabeth Elise Eliza Elizabeth Ella Ellen Elsa Else Elsie Emily Emma Erica Erika Erin Esther Ethel
Eugenia Eva Eve Evelyn Faith Fatima Fatma Faye Felicia Fiona Flora Florence Fran Frances Francesca Franziska Frieda
Gabriela Gabriele Gabrielle Gail Galina Gemma Genevieve Georgia Georgina Geraldine Gerda Gertrude Gillian Gina Giorgia
Gisela Gladys Glenda Gloria Golda Grace Greta Gretchen Gro Guadalupe Gudrun Gunda Gwen Gwendolyn Hanan Hannah Harriet
Hazel Heather Heidi Heike Helen Helena Helene Helga Hildegard Hillary Hilary Hilda Holly Hope Ida Ilse Imelda Indira
Ines Ingrid Irene Irina Iris Irma Isabel Isabella Isabelle Ivana Ivanka Jackie Jacqueline Jamila Jane Janet Janice
Jean Jeanne Jeannette Jennifer Jenny Jessica Jill Jillian Jo Joan Joanna Joanne Jocelyn Jodi Jodie Johanna Josephine
Joy Joyce Juanita Judith Judy Julia Juliana Julie Juliet June Justine Jutta Kamala Kara Karen Karin Karla Kate
Katharina Katherine Kathleen Kathryn Kathy Katie Katja Katrina Katy Kay Kayla Kellyanne Kelly Kerry Kerstin Kim
Kimberly Kirsten Kristen Kristin Kristina Lara Larisa Larissa Laura Lauren Laurie Lea Leah Leila Lena Leslie Leticia
Lidia Lila Lillian Lily Linda Lindsay Lisa Liz Liza Lois Lola Lorena Loretta Lori Lorraine Louise Lucia Lucille Lucy
Luisa Lydia Lyudmila Lynn Lynne Mabel Madeleine Madeline Mae Maggie Mandy Manuela Mara Marcia Margaret Margarita
Margot Marguerite Maria María Mariam Marian Mariana Marianne Marie Marilyn Marina Marine Marisa Marjorie Marlene Marta
Martha Martina Mary Matilda Maud Maureen Maxine May Meg Megan Meghan Megyn Melania Melanie Melinda Melissa Mercedes
Meredith Mia Michaela Michelle Mildred Milena Millie Mimi Mindy Minnie Miranda Miriam Mireille Moira Molly Mona Monica
Monika Monique Muriel Myra Myriam Nadia Nadine Nancy Naomi Natalia Natalie Natasha Nell Nellie Nicole Nina Nora Norma
Octavia Odile Olga Olive Olivia Ophelia Oprah Paige Pam Pamela Patricia Patsy Patti Patty Paula Pauline Pearl Peggy
Penelope Penny Petra Phoebe Phyllis Polly Priscilla Rachel Ramona Raquel Raisa Rania Rebecca Regina Renata Renate
Renee Rhonda Rita Roberta Rosa Rosalind Rosalyn Rosanna Rose Roseanne Rosemary Roxanne Ruby Ruth Sabina Sabine Sabrina
Sally Samantha Sandra Sara Sarah Sasha Savannah Shannon Sharon Sheila Shelley Sherry Shirley Sibylle Sigrid Silke
Silvia Simone Sofia Sonia Sonja Sonya Sophia Sophie Stacey Stacy Stefania Stella Stephanie Sue Susan Susanna Susanne
Susie Suzanne Suzy Svetlana Sybil Sylvia Sylvie Tamara Tammy Tania Tanya Tara Tatiana Tatyana Teresa Tess Tessa Thelma
Theresa Therese Tiffany Tina Toni Tracy Trudy Tzipi Ursula Uta Ute Valentina Valerie Vanessa Vera Veronica Veronika
Vicki Vicky Victoria Viola Violet Virginia Vivian Vivien Wanda Wendy Whitney Wilhelmina Wilma Winifred Winnie Xiomara
Yasmin Yelena Yolanda Yulia Yvette Yvonne Zeinab Zelda Zoe Zsa Huma Neera Nikki Rosie Arianna Maya Kellie Susana
"""

# Surnames that stand first in Chinese, Korean and Vietnamese names.
_LEADING_SURNAMES = """
Ahn Ban Cai Cao Chan Chang Chen Cheng Choe Choi Chu Chun Chung Deng Ding Dong Du Duong Fan Fang Feng Fu Gao Gong Gu
Guo Han He Ho Hong Hou Hsu Hu Hua Huang Hui Hwang Jang Jeon Jeong Ji Jia Jiang Jin Jo Jon Jung Kang Kim Ko Koo Kwon
Lai Lam Lee Lei Leung Li Liang Liao Lim Lin Liu Lu Luo Ma Mao Min Moon Nam Ngo Nguyen Ni Nie Noh Oh Ong Paik Pak Pan
Park Peng Pham Phan Qian Qiao Qin Qiu Ren Rhee Ri Roh Ryu Seo Shao Shen Shi Shin Sohn Son Song Su Suh Sun Tan Tang Tao
Teng Tian Tran Tung Vo Vu Wan Wang Wei Wen Won Wong Woo Wu Xi Xia Xiao Xie Xu Xue Yan Yang Yao Ye Yeh Yeo Yi Yim Yin
Yoo Yoon You Yu Yuan Yun Zeng Zhang Zhao Zheng Zhong Zhou Zhu Zou
"""

# People whom newswires name without a given name.
_FAMOUS = """
Obama, Trump, Clinton, Bush, Reagan, Nixon, Kennedy, Roosevelt, Eisenhower, Truman, Biden, Putin, Medvedev, Yeltsin,
Gorbachev, Brezhnev, Khrushchev, Stalin, Lenin, Trotsky, Hitler, Goebbels, Mussolini, Churchill, Thatcher, Blair,
Cameron, Merkel, Kohl, Schroeder, Schröder, Adenauer, Scholz, Macron, Hollande, Sarkozy, Chirac, Mitterrand, de
Gaulle, Napoleon, Berlusconi, Renzi, Meloni, Rajoy, Aznar, Zapatero, Franco, Erdogan, Erdoğan, Ataturk, Netanyahu,
Sharon, Rabin, Peres, Barak, Olmert, Arafat, Abbas, Mubarak, Sadat, Nasser, Sisi, al-Sisi, Assad, al-Assad, Saddam,
Khomeini, Khamenei, Rouhani, Ahmadinejad, Rafsanjani, Khatami, Gadhafi, Gaddafi, Qaddafi, Mandela, Mbeki, Zuma,
Mugabe, Mobutu, Modi, Gandhi, Nehru, Vajpayee, Sharif, Musharraf, Bhutto, Karzai, bin Laden, Suharto, Sukarno,
Mahathir, Duterte, Marcos, Mao, Deng, Castro, Chavez, Chávez, Maduro, Lula, Rousseff, Bolsonaro, Fujimori, Pinochet,
Peron, Perón, Allende, Guevara, Menem, Milosevic, Karadzic, Mladic, Tito, Ceausescu, Walesa, Havel, Orban, Orbán,
Kaczynski, Tusk, Lukashenko, Zelensky, Zelenskyy, Poroshenko, Yanukovych, Yushchenko, Tymoshenko, Saakashvili,
Shevardnadze, Lavrov, Navalny, Khodorkovsky, Annan, Guterres, Ban Ki-moon, Waldheim, Juncker, Barroso, Prodi, Delors,
Draghi, Trudeau, Harper, Mulroney, Abe, Koizumi, Hashimoto, Nakasone, Suu Kyi, Sihanouk, Pol Pot, Greenspan, Yellen,
Bernanke, Powell, Kissinger, Rumsfeld, Cheney, Gore, Kerry, McCain, Romney, Palin, Pelosi, McConnell, Gingrich, Rubio,
Sanders, Warren, Pence, Kasich, Carson, Fiorina, Huckabee, Lewinsky, Snowden, Assange, Zuckerberg, Musk, Bezos,
Buffett, Soros, Murdoch, Einstein, Newton, Darwin, Freud, Marx, Engels, Nietzsche, Kant, Hegel, Plato, Aristotle,
Socrates, Shakespeare, Goethe, Schiller, Tolstoy, Dostoyevsky, Chekhov, Pushkin, Dickens, Hemingway, Joyce, Kafka,
Proust, Ibsen, Brecht, Beckett, Dante, Cervantes, Voltaire, Rousseau, Mozart, Beethoven, Bach, Wagner, Verdi, Puccini,
Tchaikovsky, Chopin, Brahms, Schubert, Mahler, Stravinsky, Picasso, Rembrandt, Michelangelo, Leonardo, van Gogh,
Monet, Matisse, Warhol, Rothko, Dali, Hitchcock, Spielberg, Fellini, Chaplin, Elvis, Sinatra, Madonna, Dylan, Beyoncé,
Rihanna, Adele, Eminem, Bono, Jesus, Muhammad, Moses, Buddha, Luther, Columbus, Caesar, Cleopatra, Maradona, Messi,
Ronaldo, Neymar, Pele, Pelé, Beckham, Federer, Nadal, Djokovic, Agassi, Sampras, Schumacher, Diana, Washington Irving,
Lincoln
"""

# Events, works, prizes and things in capitals.
_NOT_NAMES = """
Uruguay Round, Doha Round, General Agreement, El Nino, El Niño, La Nina, World Cup, World War, World War I, World War
II, First World War, Second World War, Cold War, Gulf War, Civil War, Vietnam War, Nobel Prize, Nobel Peace Prize,
Super Bowl, World Series, Good Friday, Easter Sunday, New Year, Christmas Eve, Holocaust, Olympic Games, Winter
Olympics, Summer Olympics, Academy Award, Academy Awards, Old Testament, New Testament, Holy Bible, Prime Minister,
Foreign Minister, Vice President, Attorney General, Secretary of State, Secretary General, World Wide Web, Air Force
One, Dow Jones Industrial Average, Standard Time, Daylight Time, Human Rights, Social Security, Magna Carta, Big Ben,
Memorial Day, Labor Day, Independence Day, Veterans Day, Mother's Day, St. Patrick's Day, Yom Kippur, Rosh Hashana,
Hail Mary, Big Bang, Grand Prix, Grand Slam, French Open, Australian Open, U.S. Open, Davis Cup, Ryder Cup, Stanley
Cup, Tour de France, America's Cup, Oval, Ice Age, Middle Ages, Iron Curtain, Great Depression, Dow, Mass,
Renaissance, Enlightenment, Reformation, Genesis, Exodus, Psalm, Psalms
"""

# Nouns in lower case that stand before a person's name without a comma: "skater Chris Witty".
_ROLES = """
actor actress activist adviser advisor aide ally analyst anchor architect artist astronaut athlete attorney author
ballerina banker bassist billionaire biographer biologist blogger boss boxer boyfriend brother businessman
businesswoman campaigner candidate captain caretaker cellist chairman chairwoman challenger champion chancellor chief
choreographer clerk climber coach colleague columnist comedian commander commentator commissioner companion compatriot
composer conductor congressman congresswoman conservationist consultant contender contractor co-author co-founder
co-star correspondent counsel countryman cousin critic curator cyclist dancer daughter defender defendant demographer
deputy designer detective developer dictator diplomat director dissident doctor driver economist editor engineer
entrepreneur envoy executive expert farmer fashion-designer father fellow fighter filmmaker financier forward founder
friend gardener general geologist girlfriend goalkeeper goalie golfer governor guitarist gunman hairdresser heir
heiress hero historian host husband illustrator independent industrialist inspector instructor investigator investor
jockey journalist judge justice king lawmaker lawyer leader lecturer legislator librarian lieutenant linguist lyricist
magnate manager manufacturer mastermind mathematician mayor mechanic midfielder militant minister model mogul mother
musician negotiator neighbor neighbour nephew newcomer nominee novelist nurse nutritionist officer official opponent
organizer owner painter partner pastor patient patriarch philanthropist philosopher photographer physicist pianist
pilot pitcher player playwright poet policeman politician pope premier president priest prince princess principal
producer professor programmer promoter prosecutor protester psychiatrist psychologist publicist publisher quarterback
queen rabbi racer reporter representative researcher resident retiree rival runner scholar scientist screenwriter
sculptor secretary senator sergeant sheriff shopkeeper singer sister skater skier sociologist soldier soloist son
songwriter soprano speaker spokesman spokesperson spokeswoman sprinter star statistician strategist striker student
suspect swimmer teacher teammate technician tenor theologian therapist trader trainer treasurer trumpeter tycoon uncle
aunt undersecretary veteran victim violinist volunteer waitress warlord widow wife winner witness worker wrestler
writer zoologist by mr mrs
"""

# An organisation that begins with one of these may go on over "and": "Center for Law and Technology".
_LISTING_HEADS = """
Agency Association Board Bureau Center Centre Chamber College Commission Committee Confederation Council Department
Faculty Federation Institute League Ministry Museum Office Organisation Organization School Secretariat Society Union
"""

# With "of" behind them they begin the name of a place: "Republic of Korea".
_LAND_HEADS = """
Bay Cape District Emirate Gulf Isle Isles Kingdom Republic Sea Strait Straits
"""

# Own a name's second half with 's: "People's Republic", "Sotheby's".
_OWNED = """
Children Christie Lloyd Macy Men People Poor Sotheby Veterans Women
"""

# Behind a person's surname.
_SUFFIXES = """
II III IV IX Jr Jr. Sr Sr. V VI VII VIII X XI XII XIII XIV XV XVI XXIII
"""

# "Halden Hospital" is not called Halden the second time.
_NAMED_AFTER_A_PLACE = """
Agency Airport Association Board Bureau Cathedral Center Centre Chamber Church Club College Commission Committee
Confederation Council Court Department Faculty Federation Government Hall Hospital Hotel Institute League Legislature
Ministry Mosque Museum Office Organisation Organization Parliament Party Police Prison Radio Resort School Secretariat
Society Stadium Theater Theatre Times Union University
"""

# Dropped when a company is named again.
_LEGAL_FORMS = """
AG Bhd Co. Corp Corp. GmbH Inc Inc. LLC LLP Ltd Ltd. N.V. NV PLC Plc S.A. SA plc
"""

# Belong to the name although a comma stands before them.
_AFTER_COMMA = """
AG Corp. III INC. Inc Inc. Jr Jr. LLC LLP LTD. Ltd Ltd. S.A. Sr.
"""

# Last words of organisations and places that are surnames as well: "David Post", but "Kent County Court".
_SURNAME_HEADS = """
Bank Banks Beach Bridge Chambers Church Club Coast Court Falls Fields Force Forest Gates Grove Guard Hall Heath Hill
Hills Inn Lake Lane Marsh Mills Order Park Point Pool Post Press Rivers School Star Steel Street Temple Times
"""

# Words of events and offices that are surnames behind a given name.
_SURNAMES_TOO = """
Best Black Case Champion Cross Day East Fair Free Gates Gold Green Law Long Low Major Master Noble North Power Price
Silver South Street West White Wise Young
"""

# Places that are surnames behind a given name.
_PLACES_AND_SURNAMES = """
Austin Berlin Boston Bradford Cleveland Columbus Dallas Darwin Derby England Florence Hamilton Holland Houston Hudson
Ireland Jackson Jordan Kent Kingston Lincoln London Madison Montgomery Rhodes Richmond Santiago Victoria Washington
Wellington
"""

# A company's last word: "of" behind it begins its address.
_COMPANY_HEADS = """
Co. Corp. Group Inc. Industries Industry Media Partners Records Studios
"""

# Known names that are common words when they open a sentence.
_COMMON_WORDS_TOO = """
Apple Bulls Cabinet Commonwealth Dawn Diet Excite Gap Gateway Giants House Male Marines Mobile Navy Nice Phoenix Sharp
Shell Solidarity Split Target Total Visa
"""

# Between the parts of a person's name.
PARTICLES = frozenset(
    {
        "de",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "du",
        "des",
        "la",
        "le",
        "van",
        "von",
        "der",
        "den",
        "ten",
        "ter",
    }
    | {"zu", "al", "el", "bin", "ibn", "bint", "arap", "abu", "ul", "ud", "y", "e"}
)

# Abbreviations in capitals that are neither organisation nor place.
_PLAIN_ABBREVIATIONS = """
A AIDS AM ATM B BC BST C CD CEO CEOs CET CFO CO2 COO COVID COVID-19 CPI CPU D DNA DVD E EDT EST ET F FAQ G GDP GMT GNP
GPS H HD HIV HQ I ID II III IOU IPO IQ IT IV IX J JR K KO L LED LNG LPG M MC MD MP MPs MVP N NGO NGOs No No. O OK OP P
PC PCs PDF PDT PhD PIN PM PO PPI PR PST PT Q R RV S SAT SMS SOS SR ST SUV SUVs T TV TVs U UFO URL V VAT VI VII VIII
VIP VP W WMD X XI XII XIV XV XVI XX XXI Y Z A.M. P.M. AD A.D. B.C.E. LONDON- CORRECTED UPDATE URGENT EXCLUSIVE
BREAKING NEWS ENDS MORE END NOTE EDITORS Dlrs DLRS USD EUR GBP LGBT LGBTQ PTSD ADHD DJ
"""

LISTING_HEADS = frozenset(_LISTING_HEADS.split())
LAND_HEADS = frozenset(_LAND_HEADS.split())
OWNED = frozenset(_OWNED.split())
SUFFIXES = frozenset(_SUFFIXES.split())
AFTER_COMMA = frozenset(_AFTER_COMMA.split())
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
SURNAME_HEADS = frozenset(_SURNAME_HEADS.split())
NAMED_AFTER_A_PLACE = frozenset(_NAMED_AFTER_A_PLACE.split())
SURNAMES_TOO = frozenset(_SURNAMES_TOO.split())
PLACES_AND_SURNAMES = frozenset(_PLACES_AND_SURNAMES.split())
COMPANY_HEADS = frozenset(_COMPANY_HEADS.split())
COMMON_WORDS_TOO = frozenset(_COMMON_WORDS_TOO.split())

# Capital letters of the Latin, Greek and Cyrillic alphabets, as the inside of a character class.
UPPER = "A-ZÀ-ÖØ-Þ" + "".join(
    chr(c) for c in (*range(0x100, 0x250), *range(0x370, 0x530), *range(0x1E00, 0x1F00)) if chr(c).isupper()
)

Kind = Literal["person", "organisation", "place"]

# What is made for a language is kept for so many of them: a tag may be careless or hostile, and each takes a megabyte.
LANGUAGES_KEPT = 32

# What a single word can be; a word may be several things ("Post" is a surname and a newspaper's last word).
FUNCTION, COMMON, TITLE, MODIFIER, PEOPLE, CALENDAR = 1, 2, 4, 8, 16, 32
ORGANISATION_HEAD, PLACE_HEAD, PLACE_OPENER, NOT_PERSON, ABBREVIATION = 64, 128, 256, 512, 1024
MALE, FEMALE, LEADING_SURNAME, ROLE, ORGANISATION_OPENER = 2048, 4096, 8192, 16384, 32768
GIVEN = MALE | FEMALE


def _names(text: str) -> list[str]:
    return [name for name in " ".join(text.split()).split(", ") if name]


@cache
def word_classes() -> dict[str, int]:
    """Each known word, as it is capitalised, with the sum of the constants above that hold for it."""
    classes: dict[str, int] = {}
    for flag, words in (
        (FUNCTION, _FUNCTION.split()),
        (COMMON, _COMMON.split()),
        (TITLE, _names(_TITLES)),
        (MODIFIER, _names(_TITLE_MODIFIERS)),
        (PEOPLE, _names(_PEOPLES)),
        (PEOPLE, [f"{name}s" for name in _names(_PEOPLES)]),
        (CALENDAR, _MONTHS_AND_DAYS.split()),
        (ORGANISATION_HEAD, _names(_ORGANISATION_HEADS)),
        (ORGANISATION_HEAD, [name.upper() for name in _names(_ORGANISATION_HEADS) if len(name) > 2]),
        (PLACE_HEAD, _names(_PLACE_HEADS)),
        (PLACE_OPENER, _PLACE_OPENERS.split()),
        (NOT_PERSON, _NOT_PERSONS.split()),
        (ABBREVIATION, _PLAIN_ABBREVIATIONS.split()),
        (MALE, _MALE.split()),
        (FEMALE, _FEMALE.split()),
        (LEADING_SURNAME, _LEADING_SURNAMES.split()),
        (ROLE, _ROLES.split()),
        (ORGANISATION_OPENER, _ORGANISATION_OPENERS.split()),
    ):
        for word in words:
            classes[word] = classes.get(word, 0) | flag
    return classes


@lru_cache(maxsize=LANGUAGES_KEPT)
def known_names(language: str = "en") -> Mapping[str, Kind | None]:
    """Names that are known as they stand, longer ones also in capitals; None for what is neither of the three.

    The names of countries in other languages than English are those of the Unicode CLDR, by way of Babel.
    """
    if language != "en":
        return {**dict.fromkeys(_countries(language), "place"), **known_names()}
    known: dict[str, Kind | None] = dict.fromkeys(_names(_NOT_NAMES))
    known.update(dict.fromkeys(_names(_FAMOUS), "person"))
    for name in _names(_ORGANISATIONS):
        known[name] = known[name.upper()] = "organisation"
    for places in (_COUNTRIES, _US_STATES, _STATE_ABBREVIATIONS, _REGIONS, _CITIES, _NAMES_ELSEWHERE):
        for name in _names(places):
            known[name] = "place"
            if len(name) > 3:
                known[name.upper()] = "place"
    return known


def _countries(language: str) -> list[str]:
    from babel import Locale, UnknownLocaleError  # 30 ms and 2 MB that English copy does without

    try:
        territories = Locale.parse(language).territories
    except (UnknownLocaleError, ValueError):
        return []
    return [str(name) for code, name in territories.items() if code.isalpha() and len(name) > 3]


@lru_cache(maxsize=LANGUAGES_KEPT)
def known_lengths(language: str = "en") -> dict[str, tuple[int, ...]]:
    """First word of the names of several words → how many words they have, longest first."""
    lengths: dict[str, set[int]] = {}
    for name in known_names(language):
        words = name.split()
        if len(words) > 1:
            lengths.setdefault(words[0], set()).add(len(words))
    return {word: tuple(sorted(found, reverse=True)) for word, found in lengths.items()}


@cache
def containers() -> frozenset[str]:
    """Countries and states: what stands after the comma in `Afula, Israel` and `Scarsdale, N.Y.`"""
    return frozenset().union(*map(_names, (_COUNTRIES, _US_STATES, _STATE_ABBREVIATIONS, _NAMES_ELSEWHERE)))
